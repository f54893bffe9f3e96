"""Two tiny random models as GGUF, with the activations and logits that transformers computes for them.

torch 2.15, transformers 5.23.0, gguf 0.19.0, numpy 2.4. Run in this folder:
    python make.py
For NAME in llama, gemma3 it writes
    NAME.gguf        weights in F16 (norms in F32), a vocabulary of single bytes, a few control tokens
    NAME.ids         the input
    NAME.hidden.f32  little-endian [layers + 1, tokens, hidden]: the embeddings, then every layer's output
    NAME.logits.f32  little-endian [tokens, vocabulary]
Weights are rounded to F16 before transformers sees them, so both sides compute with the same numbers.
"""

import math

import gguf
import numpy as np
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM

VOCABULARY = 272
TOKENS = 40


def llama_config():
    return LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
    )


def gemma3_config():
    return Gemma3TextConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=7, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16, max_position_embeddings=512, rms_norm_eps=1e-6,
        sliding_window=8, layer_types=["full_attention" if i % 6 == 5 else "sliding_attention" for i in range(7)],
        rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
                         "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}},
    )


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 1:
                centre = 0.0 if isinstance(model, Gemma3ForCausalLM) else 1.0
                weight.copy_(centre + 0.2 * values)
            else:
                spread = 0.5 if "embed" in name else 1.5 / math.sqrt(weight.shape[1])
                weight.copy_((spread * values).half().float())


def permuted(weight, heads):
    """The order of rows that GGUF's llama has for queries and keys: the two halves of a head interleaved."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def rope_factors(config):
    """How much longer llama3 scaling makes each wave: inv_freq without it, divided by inv_freq with it."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaled, attention_factor = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    assert attention_factor == 1.0
    plain = 1.0 / 10000.0 ** (torch.arange(0, config.head_dim, 2).float() / config.head_dim)
    return (plain / scaled).numpy().astype(np.float32)


def write_common(writer, config, attention_window=None):
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if attention_window:
        writer.add_sliding_window(attention_window)


def byte_alphabet():
    """GPT-2's printable stand-in for every byte."""
    visible = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, hidden = {}, 0
    for byte in range(256):
        if byte in visible:
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + hidden)
            hidden += 1
    return [table[byte] for byte in range(256)]


def write_llama_vocabulary(writer):
    control = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"]
    filler = [f"<|reserved_{i}|>" for i in range(VOCABULARY - 257 - len(control))]
    tokens = byte_alphabet() + control + filler + ["ab"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 256 + [3] * (VOCABULARY - 257) + [1])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(257)
    writer.add_add_bos_token(True)


def write_gemma3_vocabulary(writer):
    control = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    pieces = ["\u2581", "a", "b", "c", "ab", "abc", "\uac00", "\ub098", "\ub2e4", "\n"]
    tokens = control + [f"<0x{byte:02X}>" for byte in range(256)] + pieces
    assert len(tokens) == VOCABULARY
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 262 + [-float(i) for i in range(len(pieces))])
    writer.add_token_types([3, 3, 3, 2, 3, 3] + [6] * 256 + [1] * len(pieces))
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(
        "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message['role'] }}\n"
        "{{ message['content'] }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
    )


BLOCK_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
}


def gguf_name(name, family):
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    _, _, layer, rest = name.split(".", 3)
    names = dict(BLOCK_NAMES)
    if family == "llama":
        names["post_attention_layernorm"] = "ffn_norm"
    else:
        names["post_attention_layernorm"] = "post_attention_norm"
        names["pre_feedforward_layernorm"] = "ffn_norm"
        names["post_feedforward_layernorm"] = "post_ffw_norm"
    return f"blk.{layer}.{names[rest.removesuffix('.weight')]}.weight"


def write_weights(writer, model, family):
    config = model.config
    for name, weight in model.named_parameters():
        values = weight.detach().numpy()
        if values.ndim == 1:
            offset = 1.0 if family == "gemma3" else 0.0
            writer.add_tensor(gguf_name(name, family), (values + offset).astype(np.float32))
            continue
        if family == "llama" and ".q_proj." in name:
            values = permuted(values, config.num_attention_heads)
        if family == "llama" and ".k_proj." in name:
            values = permuted(values, config.num_key_value_heads)
        writer.add_tensor(gguf_name(name, family), values.astype(np.float16))


def write_gguf(model, family):
    config = model.config
    writer = gguf.GGUFWriter(f"{family}.gguf", family)
    writer.add_name(f"tiny random {family}")
    if family == "llama":
        write_common(writer, config)
        writer.add_rope_freq_base(10000.0)
        writer.add_rope_dimension_count(config.head_dim)
        write_llama_vocabulary(writer)
        writer.add_tensor("rope_freqs.weight", rope_factors(config))
    else:
        write_common(writer, config, config.sliding_window)
        writer.add_rope_freq_base(1000000.0)
        write_gemma3_vocabulary(writer)
    write_weights(writer, model, family)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_golden(model, family, ids):
    states = []
    model.model.embed_tokens.register_forward_hook(lambda module, args, output: states.append(output))
    for layer in model.model.layers:
        layer.register_forward_hook(
            lambda module, args, output: states.append(output[0] if isinstance(output, tuple) else output)
        )
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    hidden = torch.stack([state.reshape(len(ids), -1) for state in states])
    hidden.numpy().astype("<f4").tofile(f"{family}.hidden.f32")
    logits.numpy().astype("<f4").tofile(f"{family}.logits.f32")
    with open(f"{family}.ids", "w") as file:
        file.write(" ".join(map(str, ids)) + "\n")
    print(family, tuple(hidden.shape), f"hidden {hidden.abs().max():.2f}, logits {logits.abs().max():.2f}",
          f"std {logits.std():.2f}")


def main():
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(6, 256, (TOKENS,), generator=generator).tolist()
    for seed, family, model in (
        (11, "llama", LlamaForCausalLM._from_config(llama_config(), attn_implementation="eager")),
        (12, "gemma3", Gemma3ForCausalLM._from_config(gemma3_config(), attn_implementation="eager")),
    ):
        model = model.float().eval()
        randomise(model, seed)
        write_gguf(model, family)
        write_golden(model, family, ids)


main()
