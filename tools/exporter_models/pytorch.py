"""Networks of PyTorch, as both of its exporters write them."""

import pathlib
import warnings

import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.layers = kind(20, 33, batch_first=True, **options)
        self.head = nn.Linear(33 * (2 if options.get("bidirectional") else 1), 7)

    def forward(self, x):
        return self.head(self.layers(x)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 5)

    def forward(self, words):
        return self.head(self.layers(self.words(words)).mean(1))


class CausalAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.projection = nn.Linear(32, 96)

    def forward(self, x):
        heads = [
            part.view(x.shape[0], x.shape[1], 4, 8).transpose(1, 2)
            for part in self.projection(x).chunk(3, -1)
        ]
        result = F.scaled_dot_product_attention(*heads, is_causal=True)
        return result.transpose(1, 2).flatten(2)


class GatedUnit(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.up = nn.Linear(32, 64, bias=False), nn.Linear(32, 64, bias=False)
        self.down, self.norm = nn.Linear(64, 32, bias=False), nn.RMSNorm(32)

    def forward(self, x):
        y = self.norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Segmentation(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.down = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, 2, 1)
        self.norm, self.up = nn.GroupNorm(4, 16), nn.ConvTranspose2d(16, 8, 2, 2)
        self.head = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        wide = F.silu(self.first(x))
        narrow = F.gelu(self.norm(self.down(wide)))
        return self.head(torch.cat([wide, self.up(narrow)], 1))


class Resampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.shuffle = nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2)

    def forward(self, x):
        y = self.shuffle(self.conv(x))
        wide = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
        return wide, F.interpolate(y, size=(10, 13), mode="nearest"), F.adaptive_avg_pool2d(y, (2, 2))


class Excitation(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.slope = nn.Conv2d(3, 16, 3, padding=1), nn.PReLU(16)
        self.norm = nn.InstanceNorm2d(16, affine=True)
        self.reduce, self.expand = nn.Linear(16, 4), nn.Linear(4, 16)

    def forward(self, x):
        y = self.norm(self.slope(self.conv(x)))
        weights = torch.sigmoid(self.expand(F.relu(self.reduce(y.mean((2, 3))))))
        y = y * weights[:, :, None, None]
        return F.log_softmax(F.max_pool2d(y, 4).flatten(1), 1)


class OtherDimensions(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.Conv1d(4, 16, 9, 2, 4)
        self.dilated = nn.Conv1d(16, 16, 3, dilation=2, padding=2)
        self.volume = nn.Conv3d(1, 4, 3, padding=1)

    def forward(self, x):
        y = F.leaky_relu(self.dilated(F.elu(self.line(x))))
        z = self.volume(y.view(-1, 1, 4, 4, y.shape[-1]))
        return z.amax((2, 3)), torch.topk(y.flatten(1), 3)[0], y.argmax(1)


class Elementary(nn.Module):
    def forward(self, x):
        mask = x > 0
        return (
            torch.where(mask, x, -x).cumsum(1), x.masked_fill(mask, 0).sum(-1, keepdim=True),
            torch.einsum("bij,bkj->bik", x, x), x.std(-1), torch.tril(x), x.roll(1, 1), x.flip(2),
            x.clamp(-0.5, 0.5).norm(dim=-1), torch.stack([x, 2 * x], 1)[:, 1], x.unfold(1, 2, 1),
        )


def mobile():
    layers = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6()]
    for inputs, outputs, stride in ((8, 12, 1), (12, 16, 2)):
        layers += [
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs), nn.Hardswish(), nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs), nn.ReLU6(),
        ]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(16, 10)]
    return nn.Sequential(*layers)


def models():
    series = torch.randn(2, 9, 20)
    return {
        "lstm": (Recurrent(nn.LSTM, num_layers=2), series),
        "lstm-both-ways": (Recurrent(nn.LSTM, bidirectional=True), series),
        "gru": (Recurrent(nn.GRU), series),
        "encoder": (Encoder(), torch.randint(0, 50, (2, 11))),
        "causal-attention": (CausalAttention(), torch.randn(2, 7, 32)),
        "gated-unit": (GatedUnit(), torch.randn(1, 5, 32)),
        "segmentation": (Segmentation(), torch.randn(1, 3, 16, 16)),
        "resampling": (Resampling(), torch.randn(1, 3, 8, 8)),
        "mobile": (mobile(), torch.randn(1, 3, 32, 32)),
        "excitation": (Excitation(), torch.randn(1, 3, 16, 16)),
        "other-dimensions": (OtherDimensions(), torch.randn(1, 4, 40)),
        "elementary": (Elementary(), torch.randn(2, 4, 4)),
    }


# The exporters and operator sets; what an exporter refuses is left out.
FORMS = {
    "script-13": {"dynamo": False, "opset_version": 13},
    "script-17": {"dynamo": False, "opset_version": 17},
    "dynamo": {"dynamo": True, "external_data": False},
}


def export(folder):
    """Writes the models; gives the path and the input of each."""
    torch.manual_seed(0)
    for name, (model, x) in models().items():
        for form, options in FORMS.items():
            path = pathlib.Path(folder) / f"{name}-{form}.onnx"
            try:
                torch.onnx.export(model.eval(), (x,), str(path), verbose=False, **options)
            except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
                print(f"{path.stem}: not exported: {str(error).splitlines()[0]}")
                continue
            yield path, x.numpy()
