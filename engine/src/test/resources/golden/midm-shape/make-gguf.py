"""The random checkpoint as an F16 GGUF with a placeholder vocabulary: python make-gguf.py MODEL_FOLDER OUT.gguf

The rows of q and k are stored as llama.cpp's converter stores them, so that rotary pairs are neighbours.
"""
import json
import os
import sys

import gguf
import numpy as np
from safetensors import safe_open

NAMES = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
         "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
         "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
WHOLE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}

source, out = sys.argv[1], sys.argv[2]
config = json.load(open(os.path.join(source, "config.json")))
heads = {"self_attn.q_proj": config["num_attention_heads"], "self_attn.k_proj": config["num_key_value_heads"]}
writer = gguf.GGUFWriter(out, "llama")
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_block_count(config["num_hidden_layers"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(config["num_attention_heads"])
writer.add_head_count_kv(config["num_key_value_heads"])
writer.add_key_length(config["head_dim"])
writer.add_value_length(config["head_dim"])
writer.add_rope_dimension_count(config["head_dim"])
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
writer.add_vocab_size(config["vocab_size"])
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("llama-bpe")
writer.add_token_list([f"<{i}>".encode() for i in range(config["vocab_size"])])
writer.add_token_types([1] * config["vocab_size"])
writer.add_token_merges(["a b"])
writer.add_bos_token_id(0)
writer.add_eos_token_id(2)
with safe_open(os.path.join(source, "model.safetensors"), "pt") as file:
    for key in file.keys():
        values = file.get_tensor(key).float().numpy()
        name = WHOLE.get(key)
        if name is None:
            layer, part = key.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
            name = f"blk.{layer}.{NAMES[part]}.weight"
            if part in heads:
                shape = values.shape
                values = values.reshape(heads[part], 2, config["head_dim"] // 2, -1).swapaxes(1, 2).reshape(shape)
        writer.add_tensor(name, values.astype(np.float32 if values.ndim == 1 else np.float16))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
