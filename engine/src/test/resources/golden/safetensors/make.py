"""Golden safetensors files, written by the reference implementations and by nobody else.

python make.py [OUT]      (OUT: this folder by default)

  dtypes.safetensors      one tensor of every type that torch can save
  sharded/                a tiny Llama saved by transformers in shards with an index
  bnb-VARIANT/            the same Llama quantised by bitsandbytes and saved by transformers
  int8-k_proj.f32         bitsandbytes' own dequantisation of one LLM.int8() weight
  FOLDER.logits.f32       logits of IDS, all positions, by transformers in float32 with bitsandbytes' dequantised weights
  expected.tsv            folder, tensor, shape, sha256 of the values as little-endian f32 in row order, first four values
"""
import hashlib
import json
import os
import sys

import bitsandbytes.functional as functional
import torch
from bitsandbytes.nn import Linear4bit, Linear8bitLt
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM

OUT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(__file__))
SHAPE = dict(hidden_size=64, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, head_dim=64,
             intermediate_size=320, vocab_size=48, tie_word_embeddings=False)
VARIANTS = {
    "nf4": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16),
    "nf4-double": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                       bnb_4bit_compute_dtype=torch.bfloat16),
    "nf4-bf16-storage": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                             bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_quant_storage=torch.bfloat16),
    "fp4": dict(load_in_4bit=True, bnb_4bit_quant_type="fp4"),
    "fp4-double": dict(load_in_4bit=True, bnb_4bit_quant_type="fp4", bnb_4bit_use_double_quant=True),
    "int8": dict(load_in_8bit=True),
}
IDS = [1, 7, 33, 46, 12, 5, 5, 40]
expected = []


def expect(folder, name, values):
    raw = values.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    first = " ".join(repr(float(value)) for value in raw.reshape(-1)[:4])
    shape = ",".join(str(extent) for extent in values.shape)
    expected.append(f"{folder}\t{name}\t{shape}\t{hashlib.sha256(raw.tobytes()).hexdigest()}\t{first}")


def logits(folder, replaced):
    """With these weights in the place of the plain model's, so that nothing but the weights is quantised."""
    model = AutoModelForCausalLM.from_pretrained(os.path.join(OUT, "sharded"), device_map="cpu", dtype=torch.float32)
    for name, values in replaced.items():
        model.get_submodule(name).weight.data = values.float()
    with torch.no_grad():
        values = model(torch.tensor([IDS])).logits[0]
    values.numpy().astype("<f4").tofile(os.path.join(OUT, folder + ".logits.f32"))


def dtypes():
    generator = torch.Generator().manual_seed(20261124)
    plain = torch.randn(3, 64, generator=generator)
    plain[0, :6] = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), 1e-40, -65504.0])
    tensors = {"f32": plain, "f16": plain.half(), "bf16": plain.bfloat16(), "f64": plain.double(),
               "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 64), "한국어.이름": plain[1:2].clone(),
               "bool": plain > 0, "u8": torch.arange(7, dtype=torch.uint8), "i8": torch.arange(-3, 4, dtype=torch.int8),
               "i16": torch.arange(-3, 4, dtype=torch.int16), "i32": torch.arange(-3, 4, dtype=torch.int32),
               "i64": torch.arange(-3, 4, dtype=torch.int64), "f8_e4m3": plain[1].to(torch.float8_e4m3fn),
               "f8_e5m2": plain[1].to(torch.float8_e5m2), "c64": torch.complex(plain[1], plain[2])}
    save_file(tensors, os.path.join(OUT, "dtypes.safetensors"), metadata={"format": "pt", "note": "값"})
    for name in ("f32", "f16", "bf16", "scalar", "empty", "한국어.이름"):
        expect("dtypes.safetensors", name, tensors[name])


def sharded():
    torch.manual_seed(20261124)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE)).to(torch.bfloat16)
    model.save_pretrained(os.path.join(OUT, "sharded"), max_shard_size="60KB")
    for name, value in model.state_dict().items():
        expect("sharded", name, value)
    logits("sharded", {})


def quantised(variant, options):
    model = AutoModelForCausalLM.from_pretrained(os.path.join(OUT, "sharded"), device_map="cpu", dtype=torch.bfloat16,
                                                 quantization_config=BitsAndBytesConfig(**options))
    folder = "bnb-" + variant
    model.save_pretrained(os.path.join(OUT, folder))
    replaced = {}
    for name, module in model.named_modules():
        if isinstance(module, Linear4bit):
            state = module.weight.quant_state
            state.dtype = torch.float32
            packed = module.weight.data.view(torch.uint8)
            replaced[name] = functional.dequantize_4bit(packed.reshape(-1, 1), state).reshape(state.shape)
            expect(folder, name + ".weight", replaced[name])
        elif isinstance(module, Linear8bitLt):
            replaced[name] = functional.int8_vectorwise_dequant(module.weight.data, module.weight.SCB)
            if name.endswith("k_proj"):
                replaced[name].numpy().astype("<f4").tofile(os.path.join(OUT, "int8-k_proj.f32"))
        elif hasattr(module, "weight"):
            expect(folder, name + ".weight", module.weight)
    logits(folder, replaced)


os.makedirs(OUT, exist_ok=True)
dtypes()
sharded()
for variant, options in VARIANTS.items():
    quantised(variant, options)
with open(os.path.join(OUT, "expected.tsv"), "w", encoding="utf-8") as out:
    out.write("\n".join(expected) + "\n")
