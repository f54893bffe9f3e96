"""Random bf16 weights of Mi:dm 2.0 Mini's exact shape (its config.json's values), 4.6 GB: python make-weights.py OUT"""
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
LlamaForCausalLM(
    LlamaConfig(hidden_size=1792, num_hidden_layers=48, num_attention_heads=32, num_key_value_heads=8, head_dim=128,
                intermediate_size=4608, vocab_size=131392, tie_word_embeddings=True, rope_theta=8000000.0,
                max_position_embeddings=32768, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=2)
).to(torch.bfloat16).save_pretrained(sys.argv[1])
