"""Five steps of PEFT on random weights of Mi:dm 2.0 Mini's exact shape.

    python make.py nf4 FOLDER/bf16 nf4.json             # torch 2.15, transformers 5.23.0, peft 0.21.2, bitsandbytes 0.50.2
    python make.py gguf FOLDER/own-q4_k.gguf q4_k.json FOLDER/bf16     # and gguf 0.19.0, which dequantises the base

FOLDER is made as ../midm-shape/README.md says. A step is one conversation of examples.json, batch size 1. Everything is float32
on the dequantised base, on a CPU, with gradient checkpointing.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM

HERE = pathlib.Path(__file__).parent
PROJECTIONS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
               "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
GGUF = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
LEARNING_RATE, CLIP, R, ALPHA = 1e-3, 1.0, 16, 32


def uniform(stream, count, bound):
    """Values of SplitMix64's output function at (stream << 32) + element: the same ones wherever it is written down."""
    with np.errstate(over="ignore"):
        z = (np.arange(count, dtype=np.uint64) + (np.uint64(stream) << np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return torch.from_numpy(((z >> np.uint64(40)).astype(np.float64) / 2**23 - 1) * bound).float()


def modules_of(model):
    """The LoRA layers in the model's order."""
    layers = model.base_model.model.model.layers
    for index, layer in enumerate(layers):
        for projection in PROJECTIONS:
            yield f"model.layers.{index}.{projection}", layer.get_submodule(projection)


def set_adapter(model):
    """A as PEFT would draw it, by a generator of our own; B a little away from zero, so that all gradients are."""
    with torch.no_grad():
        for number, (_, module) in enumerate(modules_of(model)):
            for part, bound in ((0, 1 / module.in_features ** 0.5), (1, 0.01)):
                weight = (module.lora_B if part else module.lora_A)["default"].weight
                weight.copy_(uniform(2 * number + part, weight.numel(), bound).view_as(weight))


def nf4(folder):
    quantization = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                                      bnb_4bit_compute_dtype=torch.float32)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, quantization_config=quantization,
                                                 device_map={"": "cpu"})
    return prepare_model_for_kbit_training(model, gradient_checkpointing_kwargs={"use_reentrant": False})


def dequantised(file, folder):
    """The GGUF's weights as a float32 model; rows of q and k back in transformers' order."""
    import gguf

    config = LlamaConfig.from_pretrained(folder, dtype=torch.float32)
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    whole = {"token_embd.weight": "model.embed_tokens", "output_norm.weight": "model.norm"}
    for tensor in gguf.GGUFReader(file).tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        name = whole.get(tensor.name)
        if name is None:
            _, layer, part, _ = tensor.name.split(".")
            name = f"model.layers.{layer}.{GGUF[part]}"
            if part in heads:
                half = values.shape[0] // heads[part] // 2
                values = values.reshape(heads[part], half, 2, -1).swapaxes(1, 2).reshape(values.shape)
        model.get_submodule(name).weight = torch.nn.Parameter(torch.from_numpy(np.array(values, dtype=np.float32)),
                                                              requires_grad=False)
    model.tie_weights()
    rotary = type(model.model.rotary_emb)(config=config)
    model.model.rotary_emb = rotary
    assert not any(parameter.is_meta for parameter in model.parameters())
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.enable_input_require_grads()
    return model


def labels_of(ids, mask):
    return torch.tensor([[token if learned else -100 for token, learned in zip(ids, mask)]])


def forget_peak():
    """Starts the measurement of the peak anew."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def peak_bytes():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main(base, path, out, folder=None):
    torch.set_num_threads(2)
    model = nf4(path) if base == "nf4" else dequantised(path, folder)
    loaded = peak_bytes()
    forget_peak()
    model = get_peft_model(model, LoraConfig(r=R, lora_alpha=ALPHA, lora_dropout=0.0, task_type="CAUSAL_LM",
                                             target_modules=[name.split(".")[1] for name in PROJECTIONS]))
    set_adapter(model)
    # In evaluation mode bitsandbytes would multiply in bf16 on a CPU.
    model.train()
    model.config.use_cache = False
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=0.0)
    examples = json.loads((HERE / "examples.json").read_text())["examples"]
    golden = {"learning_rate": LEARNING_RATE, "max_grad_norm": CLIP, "r": R, "lora_alpha": ALPHA, "steps": []}
    for ids, mask in examples:
        started = time.time()
        loss = model(input_ids=torch.tensor([ids]), labels=labels_of(ids, mask)).loss
        loss.backward()
        if "gradient_norms" not in golden:
            golden["gradient_norms"] = {name: [float(f"{part['default'].weight.grad.norm().item():.8g}")
                                               for part in (module.lora_A, module.lora_B)]
                                        for name, module in modules_of(model)}
        norm = torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        optimizer.zero_grad()
        golden["steps"].append({"loss": loss.item(), "grad_norm": norm.item()})
        print(f"{base}: loss {loss.item():.6f}, norm {norm.item():.6f}, {len(ids) / (time.time() - started):.1f} tok/s, "
              f"peak {peak_bytes() / 1e9:.2f} GB, after loading {loaded / 1e9:.2f} GB", flush=True)
    with torch.no_grad():
        golden["loss_of_the_first_after"] = model(input_ids=torch.tensor([examples[0][0]]),
                                                  labels=labels_of(*examples[0])).loss.item()
    print("first conversation afterwards:", golden["loss_of_the_first_after"])
    pathlib.Path(out).write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
