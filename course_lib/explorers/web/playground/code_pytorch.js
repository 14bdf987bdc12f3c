/* The network on the screen as a program in plain PyTorch. */

import { penalties_of } from "./code_numpy.js";
import { batches_code, features_code, points_code, RANDOM, settings_code, warning_code, weights_code } from "./code_shared.js";

const ACTIVATIONS = {
  sigmoid: "nn.Sigmoid()", tanh: "nn.Tanh()", relu: "nn.ReLU()", leaky_relu: "nn.LeakyReLU(0.01)", elu: "nn.ELU()",
  selu: "nn.SELU()", gelu: 'nn.GELU(approximate="tanh")', silu: "nn.SiLU()",
};
const LAYERS = {
  dense: ({ fan_in, fan_out, bias }) => `nn.Linear(${fan_in}, ${fan_out}${bias ? "" : ", bias=False"})`,
  batch_norm: ({ n_features }) => `nn.BatchNorm1d(${n_features})`,
  layer_norm: ({ n_features }) => `nn.LayerNorm(${n_features})`,
  rms_norm: ({ n_features }) => `nn.RMSNorm(${n_features}, eps=1e-5)`,
  activation: ({ name }) => ACTIVATIONS[name],
  rrelu: () => "RReLU()",
  prelu: () => "nn.PReLU()",
  dropout: () => "Dropout()",
};
const NUMBERS = {
  standard_normal: "random.one_normal()",
  xavier_normal: "math.sqrt(2 / (fan_in + fan_out)) * random.one_normal()",
  xavier_uniform: "math.sqrt(6 / (fan_in + fan_out)) * (2 * random.one() - 1)",
  he_normal: "math.sqrt(2 / fan_in) * random.one_normal()",
  he_uniform: "math.sqrt(6 / fan_in) * (2 * random.one() - 1)",
  lecun_normal: "math.sqrt(1 / fan_in) * random.one_normal()",
  pytorch_uniform: "math.sqrt(1 / fan_in) * (2 * random.one() - 1)",
};
const OPTIMIZERS = {
  gradient_descent: "torch.optim.SGD(network.parameters(), LEARNING_RATE)",
  momentum: "torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=0.9)",
  nesterov: "torch.optim.SGD(network.parameters(), LEARNING_RATE, momentum=0.9, nesterov=True)",
  rmsprop: "torch.optim.RMSprop(network.parameters(), LEARNING_RATE)",
  adam: "torch.optim.Adam(network.parameters(), LEARNING_RATE)",
};

/** Modules that draw from the playground's own random numbers, so that the masks are those on the screen. */
const MODULES = {
  Residual: `
class Residual(nn.Module):
    def __init__(self, *inside):
        super().__init__()
        self.inside = nn.Sequential(*inside)

    def forward(self, x):
        return x + self.inside(x)

`,
  Dropout: `
class Dropout(nn.Module):
    """nn.Dropout(DROP_RATE) with the masks of the screen."""

    def forward(self, x):
        if not self.training:
            return x
        numbers = torch.tensor([masks.one() for _ in range(x.numel())], dtype=x.dtype).reshape(x.shape)
        return x * (numbers >= DROP_RATE) / (1 - DROP_RATE)

`,
  RReLU: `
class RReLU(nn.Module):
    """nn.RReLU() with the slopes of the screen."""

    def forward(self, z):
        slope = (1 / 8 + 1 / 3) / 2
        if self.training:
            numbers = torch.tensor([masks.one() for _ in range(z.numel())], dtype=z.dtype).reshape(z.shape)
            slope = 1 / 8 + (1 / 3 - 1 / 8) * numbers
        return torch.where(z > 0, z, slope * z)

`,
  Muon: `
class Muon:
    """Momentum whose step has all singular values near 1 (Jordan et al. 2024; scale of Liu et al. 2025)."""

    def __init__(self, weights, decay):
        self.weights, self.decay, self.means = weights, decay, [torch.zeros_like(weight) for weight in weights]

    @torch.no_grad()
    def step(self):
        for weight, mean in zip(self.weights, self.means):
            mean.mul_(0.95).add_(weight.grad, alpha=0.05)
            x = 0.95 * mean + 0.05 * weight.grad
            x = x.T if x.shape[0] > x.shape[1] else x
            x = x / x.norm().clamp(min=1e-7)
            for _ in range(5):
                gram = x @ x.T
                x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
            x = x.T if weight.shape[0] > weight.shape[1] else x
            weight.mul_(1 - LEARNING_RATE * self.decay)
            weight.sub_(LEARNING_RATE * 0.2 * math.sqrt(max(weight.shape)) * x)

`,
};

export function pytorch_code(session) {
  const { state, network, data } = session;
  const lines = network.parts.map((part) => `    ${module_of(part)},`);
  const text = lines.join("\n");
  const needed = Object.keys(MODULES).filter((name) => (name === "Muon" ? network.recipe.optimizer === "muon" : new RegExp(`(?<!\\.)\\b${name}\\(`).test(text)));
  return `"""The playground's network in PyTorch: the same points, first weights and batches as on the screen."""

import math

import torch
from torch import nn

${warning_code(session)}${settings_code(session)}
${RANDOM}

${points_code(session)}
x, y, targets = torch.tensor(POINTS, dtype=torch.float64).T
inputs = torch.stack([${features_code(state.features, "torch")}], dim=1)
targets = ${data.n_classes ? "targets.long()" : "targets[:, None]"}

masks = Random(SEED, 2)

${needed.map((name) => MODULES[name]).join("\n")}
network = nn.Sequential(
${text}
).double()
linears = [module for module in network.modules() if isinstance(module, nn.Linear)]
weights = [linear.weight for linear in linears]
others = [
    parameter for module in network.modules() for name, parameter in module.named_parameters(recurse=False)
    if not (isinstance(module, nn.Linear) and name == "weight")
]

${start_code(session)}
${optimizers_code(network.recipe)}
${loop_code(session)}`;
}

function module_of(part) {
  if (part.inside) return `Residual(${part.inside.map(module_of).join(", ")})`;
  return LAYERS[part.technique](part.words);
}

function start_code(session) {
  const { initialization } = session.network.recipe;
  const numbers = weights_code(session);
  if (numbers === "") return `random = Random(SEED, 0)
with torch.no_grad():
    for linear in linears:
        fan_in, fan_out = linear.in_features, linear.out_features
        numbers = [${NUMBERS[initialization]} for _ in range(fan_in * fan_out)]
        linear.weight.copy_(torch.tensor(numbers, dtype=torch.float64).reshape(fan_in, fan_out).T)
        if linear.bias is not None:
            linear.bias.zero_()
`;
  const statistics = numbers.includes("STATISTICS = ") ? `    numbers = iter(STATISTICS)
    for norm in [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]:
        for statistic in (norm.running_mean, norm.running_var):
            statistic.copy_(torch.tensor([next(numbers) for _ in range(statistic.numel())], dtype=torch.float64))
` : "";
  return `${numbers}
with torch.no_grad():
    numbers = iter(WEIGHTS)
    for parameter in [weight.T for weight in weights] + others:
        taken = torch.tensor([next(numbers) for _ in range(parameter.numel())], dtype=torch.float64)
        parameter.copy_(taken.reshape(parameter.shape))
${statistics}`;
}

function optimizers_code({ optimizer, l2 }) {
  const decay = l2 ? "L2" : "0.0";
  if (optimizer === "muon") return `optimizers = [Muon(weights, ${decay}), torch.optim.Adam(others, LEARNING_RATE)]\n`;
  const call = OPTIMIZERS[optimizer]
    ?? `torch.optim.AdamW(\n    [{"params": weights, "weight_decay": ${decay}}, {"params": others, "weight_decay": 0.0}], LEARNING_RATE\n)`;
  return `optimizers = [${call}]\n`;
}

function loop_code({ data, network }) {
  const loss = data.n_classes ? "cross_entropy" : "mse_loss";
  const { clip_norm, max_norm } = network.recipe;
  const penalty = { l1: "L1 * sum(weight.abs().sum() for weight in weights)", l2: "L2 / 2 * sum((weight**2).sum() for weight in weights)" };
  const bound = `    with torch.no_grad():
        for weight in weights[:-1]:
            weight *= MAX_NORM / weight.norm(dim=1, keepdim=True).clamp(min=MAX_NORM)`;
  const lines = [
    `    loss = nn.functional.${loss}(network(inputs[rows]), targets[rows])`,
    ...penalties_of(network).map((kind) => `    loss = loss + ${penalty[kind]}`),
    "    losses.append(loss.item())",
    "    if not math.isfinite(loss.item()):\n        break",
    "    network.zero_grad()\n    loss.backward()",
    ...(clip_norm ? ["    nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)"] : []),
    "    for optimizer in optimizers:\n        optimizer.step()",
    ...(max_norm ? [bound] : []),
  ];
  const look = `@torch.no_grad()
def loss_of(rows):
    """The loss of some points, as the curve on the screen shows it."""
    network.eval()
    loss = nn.functional.${loss}(network(inputs[rows]), targets[rows]).item()
    network.train()
    return loss
`;
  return batches_code(look, lines);
}
