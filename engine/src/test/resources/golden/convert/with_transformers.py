"""Proves converted folders with transformers 5.23 and bitsandbytes 0.50.2 on a CPU.

    python with_transformers.py same ORIGINAL CONVERTED          the logits of two folders
    python with_transformers.py 4bit ORIGINAL CONVERTED [dq]     CONVERTED against ORIGINAL quantised by bitsandbytes on load
    python with_transformers.py 8bit ORIGINAL CONVERTED
    python with_transformers.py greedy FOLDER TOKENS IDS...      the ids of a greedy continuation

Prints the greatest difference of the logits, and for quantised folders how many weights have other codes or scales.
"""

import sys

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig


def load(folder, quantization=None):
    options = {"quantization_config": quantization, "dtype": torch.bfloat16} if quantization else {"dtype": "auto"}
    return AutoModelForCausalLM.from_pretrained(folder, **options).eval()


def logits(model):
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(6, min(model.config.get_text_config().vocab_size, 250000), (1, 48), generator=generator)
    with torch.no_grad():
        return model(ids).logits.float()


def compare(a, b):
    x, y = logits(a), logits(b)
    assert torch.isfinite(x).all()
    print(f"logits {tuple(x.shape)}: greatest magnitude {x.abs().max():.3f}, "
          f"greatest difference {(x - y).abs().max():.3g}, same likeliest token at "
          f"{(x.argmax(-1) == y.argmax(-1)).sum().item()} of {x.shape[1]}")


def scale(module):
    """Before the first use the scales lie beside the codes, afterwards in the state."""
    return module.weight.SCB if module.weight.SCB is not None else module.state.SCB


def different(a, b):
    codes = scales = count = 0
    theirs = dict(a.named_modules())
    for name, module in b.named_modules():
        if type(module).__name__ == "Linear4bit":
            count += 1
            other = theirs[name]
            codes += not torch.equal(module.weight.data.view(torch.uint8), other.weight.data.view(torch.uint8))
            scales += not torch.equal(module.weight.quant_state.absmax, other.weight.quant_state.absmax)
        elif type(module).__name__ == "Linear8bitLt":
            count += 1
            other = theirs[name]
            codes += not torch.equal(module.weight.data, other.weight.data)
            scales += not torch.equal(scale(module), scale(other))
    print(f"{count} quantised layers: {codes} with other codes, {scales} with other scales")


def main(task, original, converted=None, *rest):
    if task == "same":
        compare(load(original), load(converted))
    elif task == "greedy":
        model = load(original).float()
        ids = torch.tensor([[int(i) for i in rest]])
        with torch.no_grad():
            out = model.generate(ids, max_new_tokens=int(converted), do_sample=False)
        print(*out[0, ids.shape[1]:].tolist())
    else:
        config = BitsAndBytesConfig(load_in_8bit=True) if task == "8bit" else BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant="dq" in rest,
            bnb_4bit_compute_dtype=torch.bfloat16)
        a, b = load(original, config), load(converted)
        compare(a, b)
        different(a, b)


main(*sys.argv[1:])
