"""Training for a chip in plain PyTorch.

chip = aimcc.torch.inject(model, "hermes", typical_inputs)
optimizer = torch.optim.AdamW(chip.parameter_groups(1e-3))
for x, y in loader:
    loss = cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    chip.clip_weights()
onnx.save(chip.export(x), "model.onnx")
"""

from aimcc.torch._chip import Chip
from aimcc.torch._inject import Injection, inject

__all__ = ["Chip", "Injection", "inject"]
