"""Tiny random checkpoints of every architecture, as safetensors and as GGUF, with what the reference computes for them.

    PYTHONPATH=SENTENCE_TRANSFORMERS python make.py LLAMA_CPP_SOURCE [NAME...]

torch 2.15, transformers 5.23.0, tokenizers 0.23.3, sentencepiece 0.2.3, sentence-transformers 6.2.0,
and llama.cpp's source for its conversion/ package. It writes NAME.zip here: a model's folder as the hub has it, model.gguf
as llama.cpp converts that folder, and golden/:
    ids.txt          decoders: the input
    hidden.f32       little-endian [layers + 1, tokens, hidden]: the embeddings, then every layer's output
    logits.f32       [positions, vocabulary] of the positions in positions.txt
    texts.tsv        encoders: kind, text, ids; hidden.f32 then holds the states of the texts of up to 32 tokens one after
                     another, [layers + 1, tokens of all, hidden]
    vectors.f32      [texts, dimension] as sentence-transformers gives them
    pairs.tsv        cross-encoders: query, passage, ids, token types; scores.f32: transformers' logits
Weights are small multiples of powers of two: exact in BF16 and F16, and small when zipped.
"""

import io
import json
import math
import os
import pathlib
import shutil
import sys
import tempfile
import zipfile

import torch
import transformers

import tokenizers_of
from convert import convert

HERE = pathlib.Path(__file__).parent
TOKENS = 20
POSITIONS = [0, 6, 13, 19]
TEXTS = [
    ("query", "한국의 수도는 서울 abc"),
    ("passage", "서울은 대한민국의 수도이다. 1394년부터 a capital of Korea, 한강이 흐르는 도시."),
    ("passage", "the cat sat"),
    ("query", "a"),
]
PAIRS = [
    ("수도는 어디인가", "서울은 대한민국의 수도이다"),
    ("수도는 어디인가", "the cat sat on the mat, 한강"),
    ("cat", "a"),
]


def randomise(model, seed, centre=1.0):
    """Normal values, rounded to sixteenths of a power of two near the wanted spread."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.randn(weight.shape, generator=generator).clamp(-2.5, 2.5)
            if weight.dim() == 1:
                is_norm = "norm" in name.lower() and name.endswith("weight")
                weight.copy_((centre if is_norm else 0.0) + (values * 4).round() / 16)
            else:
                spread = 0.5 if "embed" in name else 1.2 / math.sqrt(weight.shape[1])
                step = 2.0 ** round(math.log2(spread / 2))
                weight.copy_((values * 2).round() * step)
    return model.float().eval()


def write_floats(path, tensor):
    tensor.detach().float().numpy().astype("<f4").tofile(path)


def record_states(model, run):
    """The output of the embeddings and of every layer, whatever the family calls them."""
    states = []
    base = model.base_model
    layers = base.layers if hasattr(base, "layers") else base.encoder.layer
    embeddings = base.embed_tokens if hasattr(base, "embed_tokens") else base.embeddings
    hooks = [module.register_forward_hook(
        lambda module, args, output: states.append(output[0] if isinstance(output, tuple) else output))
        for module in [embeddings, *layers]]
    with torch.no_grad():
        result = run()
    for hook in hooks:
        hook.remove()
    return result, torch.stack([state.reshape(-1, state.shape[-1]) for state in states])


def golden_decoder(folder, model, low=10):
    golden = folder / "golden"
    golden.mkdir()
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(low, model.config.vocab_size, (TOKENS,), generator=generator).tolist()
    output, hidden = record_states(model, lambda: model(torch.tensor([ids]), use_cache=False))
    (golden / "ids.txt").write_text(" ".join(map(str, ids)) + "\n")
    (golden / "positions.txt").write_text(" ".join(map(str, POSITIONS)) + "\n")
    write_floats(golden / "hidden.f32", hidden)
    write_floats(golden / "logits.f32", output.logits[0][POSITIONS])
    return f"hidden {hidden.abs().max():.1f} logits {output.logits.abs().max():.1f}"


def golden_encoder(folder, model):
    from sentence_transformers import SentenceTransformer

    golden = folder / "golden"
    golden.mkdir()
    encoder = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32,
                                                                          "attn_implementation": "eager"})
    rows, states, vectors = [], [], []
    for kind, text in TEXTS:
        prompt = encoder.prompts.get({"query": "query", "passage": "passage"}[kind]) \
            or encoder.prompts.get({"query": "query", "passage": "document"}[kind]) or ""
        ids = encoder.tokenizer(prompt + text, truncation=True, max_length=encoder.max_seq_length)["input_ids"]
        _, hidden = record_states(model, lambda: model(torch.tensor([ids])))
        if len(ids) <= 32:
            states.append(hidden)
        vectors.append(torch.tensor(encoder.encode([text], prompt=prompt)[0]))
        rows.append(f"{kind}\t{text}\t{' '.join(map(str, ids))}\n")
    (golden / "texts.tsv").write_text("".join(rows))
    write_floats(golden / "hidden.f32", torch.cat(states, dim=1))
    write_floats(golden / "vectors.f32", torch.stack(vectors))
    return f"hidden {torch.cat(states, dim=1).abs().max():.1f} tokens {[s.shape[1] for s in states]}"


def golden_pairs(folder, model):
    golden = folder / "golden"
    golden.mkdir()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    rows, states, scores = [], [], []
    for query, passage in PAIRS:
        encoded = tokenizer(query, passage, truncation=True, return_tensors="pt")
        output, hidden = record_states(model, lambda: model(**encoded))
        states.append(hidden)
        scores.append(output.logits.reshape(-1))
        ids = encoded["input_ids"][0].tolist()
        types = encoded["token_type_ids"][0].tolist() if "token_type_ids" in encoded else [0] * len(ids)
        rows.append(f"{query}\t{passage}\t{' '.join(map(str, ids))}\t{' '.join(map(str, types))}\n")
    (golden / "pairs.tsv").write_text("".join(rows))
    write_floats(golden / "hidden.f32", torch.cat(states, dim=1))
    write_floats(golden / "scores.f32", torch.cat(scores))
    return f"scores {torch.cat(scores).tolist()}"


def save(folder, model, dtype, shard="5GB"):
    copy = type(model)(model.config)
    copy.load_state_dict(model.state_dict())
    copy.config.dtype = dtype
    copy.to(dtype).save_pretrained(folder, max_shard_size=shard)


def edit_config(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config, indent=2) + "\n")


def old_dialect(folder):
    """What transformers 4 would have written."""
    def change(config):
        rope = config.pop("rope_parameters")
        config["torch_dtype"] = config.pop("dtype")
        config["transformers_version"] = "4.48.2"
        if "full_attention" in rope:
            config["rope_theta"] = rope["full_attention"]["rope_theta"]
            config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
            config["rope_scaling"] = None
            config.pop("layer_types")
            config.pop("_sliding_window_pattern", None)
            config["sliding_window_pattern"] = 3
        else:
            config["rope_theta"] = rope.pop("rope_theta")
            config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    edit_config(folder, change)


def sentence_transformer(folder, pooling, dense=(), normalize=True, prompts=None, max_length=64):
    modules = [("", "Transformer", None), ("1_Pooling", "Pooling", None)]
    modules += [(f"{i + 2}_Dense", "Dense", layer) for i, layer in enumerate(dense)]
    if normalize:
        modules.append((f"{len(modules)}_Normalize", "Normalize", None))
    (folder / "modules.json").write_text(json.dumps(
        [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
         for i, (path, kind, _) in enumerate(modules)], indent=2))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": max_length, "do_lower_case": False}))
    (folder / "1_Pooling").mkdir()
    hidden = json.loads((folder / "config.json").read_text())["hidden_size"]
    modes = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(
        {"word_embedding_dimension": hidden, **{f"pooling_mode_{mode}": mode == pooling for mode in modes},
         "include_prompt": True}, indent=2))
    if prompts:
        (folder / "config_sentence_transformers.json").write_text(
            json.dumps({"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"}, indent=2))
    for path, kind, layer in modules:
        if kind == "Normalize":
            (folder / path).mkdir()
        if kind == "Dense":
            from safetensors.torch import save_file
            (folder / path).mkdir()
            outputs, inputs = layer.shape
            (folder / path / "config.json").write_text(json.dumps(
                {"in_features": inputs, "out_features": outputs, "bias": False,
                 "activation_function": "torch.nn.modules.linear.Identity"}))
            save_file({"linear.weight": layer}, folder / path / "model.safetensors", metadata={"format": "pt"})


def llama(folder, seed, **changes):
    base = dict(vocab_size=tokenizers_of.BYTE_LEVEL, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, rms_norm_eps=1e-5,
                bos_token_id=0, eos_token_id=2, attn_implementation="eager")
    return randomise(transformers.LlamaForCausalLM(transformers.LlamaConfig(**{**base, **changes})), seed)


def make_llama2(folder):
    """Llama 2: as many key heads as query heads, output of its own, transformers 4's config.json, F16."""
    model = llama(folder, 21, num_key_value_heads=4, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    save(folder, model, torch.float16)
    edit_config(folder, lambda config: config.pop("head_dim"))
    old_dialect(folder)
    tokenizers_of.byte_level(folder, "llama3")
    convert(folder, "llama-bpe")
    return golden_decoder(folder, model)


def make_llama3(folder):
    """Llama 3.1: scaled rope, in two shards, BF16, transformers 5's config.json."""
    model = llama(folder, 22, rope_parameters={"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0,
                                               "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                               "original_max_position_embeddings": 32})
    save(folder, model, torch.bfloat16, shard="40KB")
    tokenizers_of.byte_level(folder, "llama3")
    convert(folder, "llama-bpe")
    return golden_decoder(folder, model)


def make_midm(folder):
    """Mi:dm 2.0's shape: heads that do not add up to the hidden size, tied output, theta 8,000,000."""
    model = llama(folder, 23, hidden_size=24, head_dim=16, tie_word_embeddings=True,
                  rope_parameters={"rope_type": "default", "rope_theta": 8000000.0})
    save(folder, model, torch.bfloat16)
    old_dialect(folder)
    tokenizers_of.byte_level(folder, "llama3")
    convert(folder, "midm-2.0")
    return golden_decoder(folder, model)


def make_mistral(folder):
    """Mistral 0.1: Llama with a sliding window in every layer."""
    config = transformers.MistralConfig(
        vocab_size=tokenizers_of.BYTE_LEVEL, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=512, rms_norm_eps=1e-5,
        sliding_window=6, attn_implementation="eager", rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    model = randomise(transformers.MistralForCausalLM(config), 34)
    save(folder, model, torch.bfloat16)
    return golden_decoder(folder, model)


def gemma3_config(**changes):
    base = dict(vocab_size=tokenizers_of.SENTENCE_PIECE, hidden_size=32, intermediate_size=48, num_hidden_layers=4,
                num_attention_heads=2, num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16,
                max_position_embeddings=512, rms_norm_eps=1e-6, sliding_window=8,
                layer_types=["full_attention" if i % 3 == 2 else "sliding_attention" for i in range(4)],
                rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
                                 "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}},
                bos_token_id=2, eos_token_id=1, pad_token_id=0, attn_implementation="eager")
    return transformers.Gemma3TextConfig(**{**base, **changes})


def add_window_pattern(folder):
    """The converter leaves the pattern of layers out: llama.cpp has 6 for Gemma 3. Its key for another one is set."""
    convert(folder, "default", extra=lambda writer: writer.add_sliding_window_pattern(3))


def make_gemma3(folder):
    """Gemma 3, transformers 5's config.json."""
    model = randomise(transformers.Gemma3ForCausalLM(gemma3_config()), 24, centre=0.0)
    save(folder, model, torch.bfloat16)
    tokenizers_of.sentence_piece(folder)
    add_window_pattern(folder)
    return golden_decoder(folder, model)


def make_gemma3_v4(folder):
    """Gemma 3, transformers 4's config.json."""
    model = randomise(transformers.Gemma3ForCausalLM(gemma3_config()), 24, centre=0.0)
    save(folder, model, torch.bfloat16)
    old_dialect(folder)
    tokenizers_of.sentence_piece(folder)
    return golden_decoder(folder, model)


def qwen2(folder, **changes):
    base = dict(vocab_size=tokenizers_of.BYTE_LEVEL, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, rms_norm_eps=1e-6,
                rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}, tie_word_embeddings=True,
                bos_token_id=0, eos_token_id=2, attn_implementation="eager")
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**{**base, **changes}))


def make_qwen2(folder):
    """Qwen 2.5: biases of q, k and v, tied output."""
    model = randomise(qwen2(folder), 25)
    save(folder, model, torch.bfloat16)
    old_dialect(folder)
    edit_config(folder, lambda config: config.pop("layer_types", None))
    tokenizers_of.byte_level(folder, "qwen2")
    convert(folder, "qwen2")
    return golden_decoder(folder, model)


def make_qwen2_window(folder):
    """Qwen 2 with a sliding window from the second layer on."""
    model = randomise(qwen2(folder, use_sliding_window=True, sliding_window=6, max_window_layers=1), 25)
    save(folder, model, torch.bfloat16)
    tokenizers_of.byte_level(folder, "qwen2")
    return golden_decoder(folder, model)


def qwen3_config(**changes):
    base = dict(vocab_size=tokenizers_of.BYTE_LEVEL, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=512,
                rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
                tie_word_embeddings=False, bos_token_id=0, eos_token_id=2, attn_implementation="eager")
    return transformers.Qwen3Config(**{**base, **changes})


def make_qwen3(folder):
    """Qwen 3: norms of q and k, a head size of its own, output of its own."""
    model = randomise(transformers.Qwen3ForCausalLM(qwen3_config()), 26)
    save(folder, model, torch.bfloat16)
    tokenizers_of.byte_level(folder, "qwen2")
    convert(folder, "qwen2")
    return golden_decoder(folder, model)


def make_qwen3_embedding(folder):
    """Qwen3-Embedding: the last token's state, an instruction before queries, names without 'model.'."""
    model = randomise(transformers.Qwen3Model(qwen3_config(tie_word_embeddings=True)), 27)
    save(folder, model, torch.bfloat16)
    edit_config(folder, lambda config: config.update(architectures=["Qwen3ForCausalLM"]))
    tokenizers_of.byte_level(folder, "qwen2", appended="<|endoftext|>")
    sentence_transformer(folder, "lasttoken", prompts={
        "query": "Instruct: Given a web search query, retrieve relevant passages\nQuery:", "document": ""}, max_length=128)
    convert(folder, "qwen2", architecture="Qwen3Model")
    return golden_encoder(folder, model)


def make_embedding_gemma(folder):
    """EmbeddingGemma: attention both ways, a symmetric window, two dense layers, names without 'model.'."""
    model = randomise(transformers.Gemma3TextModel(gemma3_config(use_bidirectional_attention=True)), 28, centre=0.0)
    save(folder, model, torch.bfloat16)
    tokenizers_of.sentence_piece(folder, ends=True)
    generator = torch.Generator().manual_seed(29)
    dense = [(torch.randn(shape, generator=generator).clamp(-2.5, 2.5) * 2).round() / 16 for shape in ((64, 32), (32, 64))]
    sentence_transformer(folder, "mean_tokens", dense=dense, prompts={
        "query": "task: search result | query: ", "document": "title: none | text: "}, max_length=128)
    convert(folder, "default", extra=lambda writer: writer.add_sliding_window_pattern(3), dense=True)
    return golden_encoder(folder, model)


def bert_config(kind, vocabulary, **changes):
    base = dict(vocab_size=vocabulary, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                hidden_act="gelu", max_position_embeddings=64, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0,
                attn_implementation="eager")
    return kind(**{**base, **changes})


def make_bert(folder):
    """BERT: word pieces, the first token's state (bge), a pooler that is not used."""
    model = randomise(transformers.BertModel(bert_config(transformers.BertConfig, tokenizers_of.WORD_PIECE)), 30)
    save(folder, model, torch.float32)
    tokenizers_of.word_piece(folder)
    sentence_transformer(folder, "cls_token", max_length=48)
    convert(folder, "bert-bge")
    return golden_encoder(folder, model)


XLM_R = dict(type_vocab_size=1, max_position_embeddings=66, pad_token_id=1, bos_token_id=0, eos_token_id=2,
             layer_norm_eps=1e-5)


def make_xlm_roberta(folder):
    """XLM-R as in multilingual-e5: positions from 2 on, the mean of the states."""
    config = bert_config(transformers.XLMRobertaConfig, tokenizers_of.UNIGRAM, **XLM_R)
    model = randomise(transformers.XLMRobertaModel(config), 31)
    save(folder, model, torch.float16)
    tokenizers_of.unigram(folder)
    sentence_transformer(folder, "mean_tokens", prompts={"query": "query: ", "passage": "passage: "}, max_length=48)
    convert(folder, "default")
    return golden_encoder(folder, model)


def make_bert_reranker(folder):
    """BertForSequenceClassification: pooler, then one linear layer."""
    config = bert_config(transformers.BertConfig, tokenizers_of.WORD_PIECE, num_labels=1)
    model = randomise(transformers.BertForSequenceClassification(config), 32)
    save(folder, model, torch.float32)
    tokenizers_of.word_piece(folder)
    convert(folder, "bert-bge")
    return golden_pairs(folder, model)


def make_xlm_roberta_reranker(folder):
    """XLMRobertaForSequenceClassification, as in bge-reranker-v2-m3."""
    config = bert_config(transformers.XLMRobertaConfig, tokenizers_of.UNIGRAM, num_labels=1, **XLM_R)
    model = randomise(transformers.XLMRobertaForSequenceClassification(config), 33)
    save(folder, model, torch.float32)
    tokenizers_of.unigram(folder)
    convert(folder, "default")
    return golden_pairs(folder, model)


def pack(folder, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in ("generation_config.json", "README.md"):
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def main():
    makers = {name.removeprefix("make_").replace("_", "-"): maker
              for name, maker in globals().items() if name.startswith("make_")}
    for name in sys.argv[2:] or makers:
        root = pathlib.Path(tempfile.mkdtemp())
        folder = root / name
        folder.mkdir()
        remark = makers[name](folder)
        pack(folder, HERE / f"{name}.zip")
        shutil.rmtree(root)
        print(name, remark, os.path.getsize(HERE / f"{name}.zip"), "bytes", flush=True)


if __name__ == "__main__":
    main()
