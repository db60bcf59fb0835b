"""The cases of Tests/Models, one module per operator family; see tools/make-test-models."""
