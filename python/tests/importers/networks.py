"""Small networks of PyTorch."""

import torch
from torch import nn


class Cnn(nn.Module):
    """A convolution with a batch normalization, and two dense layers, the first of seven blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.hidden = nn.Linear(8 * 14 * 14, 20)
        self.logits = nn.Linear(20, 10, bias=False)
        normalization = self.features[1]
        normalization.running_mean.uniform_(-0.1, 0.1)
        normalization.running_var.uniform_(0.5, 1.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits f32[samples, 10] of images f32[samples, 1, 28, 28]."""
        x = self.features(x).flatten(1)
        result: torch.Tensor = self.logits(torch.relu(self.hidden(x)))
        return result


class Mlp(nn.Module):
    """Two dense layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(300, 32)
        self.second = nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Results f32[samples, 5] of f32[samples, 300]."""
        result: torch.Tensor = self.second(self.first(x).relu())
        return result


class Lstm(nn.Module):
    """Two recurrent layers and a dense one."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.LSTM(8, 16, num_layers=2)
        self.logits = nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Results f32[samples, 4] of sequences f32[samples, steps, 8]."""
        y, _ = self.cells(x.transpose(0, 1))
        result: torch.Tensor = self.logits(y[-1])
        return result


INPUTS = {Cnn: (3, 1, 28, 28), Mlp: (3, 300), Lstm: (3, 6, 8)}


def made(kind: type[nn.Module]) -> tuple[nn.Module, torch.Tensor]:
    """A network in evaluation mode and inputs for it, the same every time."""
    torch.manual_seed(1)
    return kind().eval(), torch.rand(INPUTS[kind])
