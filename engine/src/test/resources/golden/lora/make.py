"""Adapters as PEFT saves them, with the logits that transformers gives with them.

    python make.py LLAMA_CPP_SOURCE    # peft 0.21.2, transformers 5.23.0, torch 2.15, safetensors 0.8

Bases: the tiny random models of ../architectures, in float32. Writes NAME.zip here:
    adapter_config.json, adapter_model.safetensors   as PeftModel.save_pretrained writes them
    adapter.gguf       as llama.cpp's convert_lora_to_gguf.py converts that folder; it knows neither rslora nor patterns
    golden/logits.f32  little-endian [positions, vocabulary] with the adapter, for the base's ids.txt and positions.txt
    golden/merged.safetensors   the matrices that merge_and_unload changes, the base in bfloat16
A and B hold small multiples of powers of two: exact in BF16 and F16, and small when zipped.
"""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).parent
F32, F16, BF16 = torch.float32, torch.float16, torch.bfloat16

CASES = {
    "llama3-all": ("llama3", F32, {"target_modules": "all-linear", "r": 4, "lora_alpha": 8}),
    "midm-rslora": ("midm", BF16, {"target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"], "r": 3, "lora_alpha": 2,
                                   "use_rslora": True, "lora_dropout": 0.1}),
    "gemma3-all": ("gemma3", F16, {"target_modules": "all-linear", "r": 2, "lora_alpha": 3}),
    "qwen2-default": ("qwen2", F32, {"r": 4, "lora_alpha": 4}),
    "qwen3-patterns": ("qwen3", F32, {"target_modules": r".*\.(q_proj|k_proj|down_proj)", "r": 4, "lora_alpha": 8,
                                      "rank_pattern": {"k_proj": 2, r"layers\.0\.mlp\.down_proj": 1},
                                      "alpha_pattern": {"q_proj": 5}}),
    "llama3-layer": ("llama3", BF16, {"target_modules": ["k_proj", "gate_proj"], "layers_to_transform": [1], "r": 2}),
}


def load(folder, dtype):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                values = torch.randn(weight.shape, generator=generator).clamp(-2.5, 2.5)
                weight.copy_((values * 2).round() / (32 if "lora_A" in name else 16))


def make(name, base_name, dtype, given, llama_cpp):
    with tempfile.TemporaryDirectory() as parent:
        base, out = pathlib.Path(parent) / base_name, pathlib.Path(parent) / "adapter"
        zipfile.ZipFile(HERE.parent / "architectures" / f"{base_name}.zip").extractall(base)
        model = get_peft_model(load(base, F32), LoraConfig(task_type="CAUSAL_LM", **given)).eval()
        randomise(model, 11)
        golden = out / "golden"
        golden.mkdir(parents=True)
        ids = [int(i) for i in (base / "golden/ids.txt").read_text().split()]
        positions = [int(i) for i in (base / "golden/positions.txt").read_text().split()]
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0][positions]
            plain = load(base, F32)(torch.tensor([ids]), use_cache=False).logits[0][positions]
        logits.numpy().astype("<f4").tofile(golden / "logits.f32")
        merged(base, given).save(golden / "merged.safetensors")
        for weight_name, weight in model.named_parameters():
            if "lora_" in weight_name:
                weight.data = weight.data.to(dtype)
        model.peft_config["default"].base_model_name_or_path = base_name
        model.save_pretrained(out)
        (out / "README.md").unlink(missing_ok=True)
        subprocess.run([sys.executable, f"{llama_cpp}/convert_lora_to_gguf.py", "--base", base, "--outfile",
                        out / "adapter.gguf", out], check=True, capture_output=True)
        with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path for path in out.rglob("*") if path.is_file()):
                archive.writestr(zipfile.ZipInfo(str(file.relative_to(out))), file.read_bytes(), zipfile.ZIP_DEFLATED)
        print(name, "logits", float(logits.abs().max()), "changed by", float((logits - plain).abs().max()),
              (HERE / f"{name}.zip").stat().st_size, "bytes")


class merged:
    def __init__(self, base, given):
        plain = load(base, BF16)
        model = get_peft_model(load(base, BF16), LoraConfig(task_type="CAUSAL_LM", **given))
        randomise(model, 11)
        result = model.merge_and_unload().state_dict()
        self.tensors = {name: weight.clone().contiguous() for name, weight in plain.state_dict().items()
                        if not torch.equal(weight, result[name])}
        self.tensors = {name: result[name].clone().contiguous() for name in self.tensors}

    def save(self, path):
        assert self.tensors and all(weight.dtype == BF16 for weight in self.tensors.values())
        save_file(self.tensors, path)


if __name__ == "__main__":
    for case, (base_name, dtype, given) in CASES.items():
        make(case, base_name, dtype, given, sys.argv[1])
