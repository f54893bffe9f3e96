"""Golden values of the optimiser, the gradient clipping and the schedules: torch's AdamW and clip_grad_norm_, transformers' get_scheduler.

Run: python make.py    (writes beside itself)
"""

import pathlib

import safetensors.torch
import torch
import transformers

HERE = pathlib.Path(__file__).parent
STEPS = 50
SIZE = 83  # no multiple of a vector, so that tails count

# beta1 below 0.5 takes the other branch of torch's lerp.
CASES = {
    "default": dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
    "decay": dict(lr=2e-2, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1),
    "quick": dict(lr=5e-3, betas=(0.3, 0.99), eps=1e-8, weight_decay=0.01),
}


def gradients(generator):
    """Of all magnitudes, with zeros, with squares below the least normal number, and with a sudden leap."""
    scale = torch.logspace(-24, 2, SIZE, dtype=torch.float64).to(torch.float32)
    noise = torch.randn(STEPS, SIZE, generator=generator) + 0.5
    values = noise * scale
    values[:, ::17] = 0.0
    values[20] *= 1000
    values[30:33] = 0.0
    return values


def adamw(name, settings, generator):
    parameter = torch.nn.Parameter(torch.randn(SIZE, generator=generator))
    optimizer = torch.optim.AdamW([parameter], foreach=False, fused=False, **settings)
    scheduler = transformers.get_scheduler("cosine", optimizer, num_warmup_steps=5, num_training_steps=STEPS)
    grads = gradients(generator)
    values, rates, averages, squares = [parameter.detach().clone()], [], [], []
    for step in range(STEPS):
        parameter.grad = grads[step].clone()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
        state = optimizer.state[parameter]
        values.append(parameter.detach().clone())
        averages.append(state["exp_avg"].clone())
        squares.append(state["exp_avg_sq"].clone())
    return {
        f"{name}.gradients": grads,
        f"{name}.values": torch.stack(values),
        f"{name}.exp_avg": torch.stack(averages),
        f"{name}.exp_avg_sq": torch.stack(squares),
        f"{name}.lr": torch.tensor(rates, dtype=torch.float64),
    }


def clipping(generator):
    tensors = {}
    for name, scale in {"above": 3.0, "below": 1e-3, "zero": 0.0}.items():
        parameters = [torch.nn.Parameter(torch.zeros(size)) for size in (7, 64, 301)]
        for i, parameter in enumerate(parameters):
            parameter.grad = torch.randn(parameter.shape, generator=generator) * scale
            tensors[f"clip.{name}.{i}.before"] = parameter.grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        tensors[f"clip.{name}.norm"] = norm.reshape(1)
        for i, parameter in enumerate(parameters):
            tensors[f"clip.{name}.{i}.after"] = parameter.grad.clone()
    return tensors


def schedules():
    lines = ["type\twarmup\tsteps\tlearning rates"]
    for kind in ("constant", "constant_with_warmup", "linear", "cosine"):
        for warmup, steps in ((0, 1), (0, 10), (3, 10), (10, 10), (7, 40), (12, 5)):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
            scheduler = transformers.get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=steps)
            rates = []
            for _ in range(steps + 2):
                rates.append(repr(optimizer.param_groups[0]["lr"]))
                optimizer.step()
                scheduler.step()
            lines.append(f"{kind}\t{warmup}\t{steps}\t{' '.join(rates)}")
    (HERE / "schedules.tsv").write_text("\n".join(lines) + "\n")


def main():
    generator = torch.Generator().manual_seed(20261124)
    tensors = {}
    for name, settings in CASES.items():
        tensors |= adamw(name, settings, generator)
    tensors |= clipping(generator)
    safetensors.torch.save_file(tensors, HERE / "optimizer.safetensors", {"torch": torch.__version__})
    schedules()


main()
