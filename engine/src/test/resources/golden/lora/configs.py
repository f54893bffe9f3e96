"""Which layers PEFT puts adapters on, with which rank and scaling, for many configurations.

    python configs.py    # peft 0.21.2, transformers 5.23.0, torch 2.15

Writes configs.json: {"cases": [{"config": what is given to LoraConfig, "modules": {NAME: [r, scaling]}, "error": type}]}
for a Llama of four layers with random weights; the model's own values do not matter here.
"""

import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from transformers import LlamaConfig, LlamaForCausalLM

CASES = [
    {},
    {"target_modules": "all-linear"},
    {"target_modules": "ALL-linear", "r": 4, "lora_alpha": 32},
    {"target_modules": ["q_proj", "v_proj"], "r": 16, "lora_alpha": 8},
    {"target_modules": ["self_attn.q_proj"]},
    {"target_modules": ["attn.q_proj", "mlp.down_proj"]},
    {"target_modules": ["proj", "up_proj"]},
    {"target_modules": ["model.layers.1.self_attn.k_proj", "down_proj"], "layers_to_transform": [0, 3]},
    {"target_modules": ["q_proj", "gate_proj"], "layers_to_transform": 2},
    {"target_modules": ["q_proj"], "layers_to_transform": [1, 2], "layers_pattern": "layers"},
    {"target_modules": ["q_proj"], "layers_to_transform": [1, 2], "layers_pattern": ["h", "layers"]},
    {"target_modules": ["q_proj"], "layers_to_transform": [1], "layers_pattern": "l[a-z]+s"},
    {"target_modules": ["q_proj"], "layers_to_transform": [1], "layers_pattern": "blocks"},
    {"target_modules": ["q_proj"], "layers_to_transform": []},
    {"target_modules": ["q_proj"], "layers_to_transform": [7]},
    {"target_modules": r".*\.[12]\.mlp\.(up|down)_proj"},
    {"target_modules": r"q_proj"},
    {"target_modules": r".*q_proj"},
    {"target_modules": r"model\.layers\.\d+\.(?P<part>self_attn|mlp)\.\w+_proj"},
    {"target_modules": r"(?:.*?(?:language|text).*?(?:self_attn|mlp).*?(?:q_proj|down_proj).*?)|"
     r"(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|mlp)\.(?:(?:q_proj|o_proj|gate_proj)))"},
    {"target_modules": ["q_proj", "k_proj", "v_proj"], "exclude_modules": ["k_proj"]},
    {"target_modules": "all-linear", "exclude_modules": ["model.layers.0.self_attn.q_proj", "mlp.up_proj"]},
    {"target_modules": ["q_proj", "k_proj"], "exclude_modules": r".*\.(0|3)\..*"},
    {"target_modules": ["q_proj"], "exclude_modules": ["roj"]},
    {"target_modules": ["q_proj"], "exclude_modules": ["q_proj"]},
    {"target_modules": ["q_proj", "v_proj"], "r": 4, "lora_alpha": 8, "use_rslora": True},
    {"target_modules": "all-linear", "rank_pattern": {"q_proj": 2, "layers.1.mlp.up_proj": 3}, "alpha_pattern": {"down_proj": 5}},
    {"target_modules": "all-linear", "rank_pattern": {"proj": 2, "self_attn": 3, "_proj": 1}},
    {"target_modules": "all-linear", "rank_pattern": {r".*\.0\..*": 2, r".*q_proj": 4}, "alpha_pattern": {r"(k|v)_proj": 3, r"v_proj": 7}},
    {"target_modules": "all-linear", "rank_pattern": {r"^model.layers.0.self_attn.q_proj": 2, r"model": 9}},
    {"target_modules": "all-linear", "rank_pattern": {r"layers\.[01]\.self_attn\.(q|k)_proj": 12}, "use_rslora": True, "lora_alpha": 24,
     "alpha_pattern": {"2.mlp.gate_proj": 1}},
    {"target_modules": ["nothing"]},
    {"target_modules": "all-linear", "layers_to_transform": [1]},
    {"target_modules": ["q_proj"], "layers_pattern": "layers"},
    {"target_modules": ["q_proj"], "r": 0},
]


def run(given):
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=16, hidden_size=8, intermediate_size=12, num_hidden_layers=4, num_attention_heads=2,
        num_key_value_heads=1))
    try:
        tuned = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **given))
    except ValueError as error:
        return {"config": given, "modules": {}, "error": type(error).__name__}
    modules = {}
    for name, module in tuned.get_base_model().named_modules():
        if isinstance(module, LoraLayer):
            modules[name] = [module.r["default"], module.scaling["default"]]
    return {"config": given, "modules": modules, "error": None}


if __name__ == "__main__":
    text = "{\"cases\": [\n" + ",\n".join(json.dumps(run(case)) for case in CASES) + "\n]}"
    Path(__file__).with_name("configs.json").write_text(text + "\n")
