"""The bases that are trained on: called with the case's folder, a base leaves its files there and gives a float32 model."""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import gguf
import numpy as np
import torch
import transformers

HERE = pathlib.Path(__file__).parent
ARCHITECTURES = HERE.parent / "architectures"
GGUF_NAMES = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
              "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
              "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
GGUF_WHOLE = {"token_embd.weight": "model.embed_tokens", "output_norm.weight": "model.norm", "output.weight": "lm_head"}


class Base:
    def __init__(self, name, load):
        self.name, self.load = name, load

    def __call__(self, folder):
        folder.mkdir(exist_ok=True)
        model = self.load(folder)
        return model, model.config.vocab_size


def architecture(name):
    """A model of ../architectures in float32; its files stay there."""
    def load(_):
        with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(ARCHITECTURES / f"{name}.zip") as archive:
            archive.extractall(scratch)
            return transformers.AutoModelForCausalLM.from_pretrained(scratch, dtype=torch.float32)
    return Base(f"architectures/{name}", load)


def architectures():
    """../architectures/make.py, under a name of its own beside this folder's make.py."""
    if "architectures_make" not in sys.modules:
        sys.path.append(str(ARCHITECTURES))
        spec = importlib.util.spec_from_file_location("architectures_make", ARCHITECTURES / "make.py")
        sys.modules["architectures_make"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["architectures_make"])
    return sys.modules["architectures_make"]


def random_llama(folder, **changes):
    """A tiny Llama in BF16 whose rows are whole blocks of every quantisation."""
    shape = dict(hidden_size=64, intermediate_size=128, tie_word_embeddings=True,
                 rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    model = architectures().llama(folder, 35, **{**shape, **changes})
    architectures().save(folder, model, torch.bfloat16)
    (folder / "generation_config.json").unlink()
    return model


def bitsandbytes(name, **quantization):
    """base: BF16; base-quantized: as transformers and bitsandbytes save it. The model is the quantised one."""
    def load(folder):
        random_llama(folder / "base")
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder / "base", dtype=torch.float32, device_map={"": "cpu"},
            quantization_config=transformers.BitsAndBytesConfig(**quantization))
        model.save_pretrained(folder / "base-quantized")
        (folder / "base-quantized" / "generation_config.json").unlink()
        for parameter in model.parameters():
            parameter.requires_grad = False
        return model
    return Base(name, load)


def nf4():
    return bitsandbytes("nf4", load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                        bnb_4bit_compute_dtype=torch.float32)


def int8():
    return bitsandbytes("int8", load_in_8bit=True, llm_int8_threshold=0.0)


def gguf_file(kind, **changes):
    """base.gguf: as llama.cpp converts and quantises it. The model has the weights that the gguf package dequantises."""
    def load(folder):
        with tempfile.TemporaryDirectory() as scratch:
            source = pathlib.Path(scratch, "model")
            source.mkdir()
            model = random_llama(source, tie_word_embeddings=False, **changes)
            architectures().tokenizers_of.byte_level(source, "llama3")
            architectures().convert(source, "llama-bpe")
            subprocess.run([sys.argv[2], str(source / "model.gguf"), str(folder / "base.gguf"), kind, "1"], check=True,
                           capture_output=True)
        copy_dequantised(folder / "base.gguf", model)
        return model
    return Base(kind, load)


def copy_dequantised(file, model):
    config = model.config
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    copied = 0
    for tensor in gguf.GGUFReader(file).tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        name = GGUF_WHOLE.get(tensor.name)
        if name is None:
            _, layer, part, _ = tensor.name.split(".")
            name = f"model.layers.{layer}.{GGUF_NAMES[part]}"
            if part in heads:
                half = values.shape[0] // heads[part] // 2
                values = values.reshape(heads[part], half, 2, -1).swapaxes(1, 2).reshape(values.shape)
        with torch.no_grad():
            model.get_submodule(name).weight.copy_(torch.from_numpy(np.array(values, dtype=np.float32)))
        copied += 1
    assert copied == 3 + 9 * config.num_hidden_layers
