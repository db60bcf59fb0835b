/// The version of aimcc, which `--version` prints and programs carry.
public let version = "0.2.0"
