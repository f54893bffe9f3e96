"""LoRA training by torch, transformers and PEFT on tiny models: losses, every gradient, 20 steps of AdamW.

    PYTHONPATH=LLAMA_CPP_SOURCE/gguf-py python make.py LLAMA_CPP_SOURCE LLAMA_QUANTIZE [CASE...]

torch 2.15, transformers 5.23.0, peft 0.21.2, bitsandbytes 0.50.2; for the GGUF bases llama.cpp's converter and llama-quantize as
they come with llama-cpp-python 0.3.36 and gguf 0.19.0. README.md says what a case's zip holds.
"""
import json
import pathlib
import shutil
import sys
import tempfile
import zipfile

import numpy as np
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file

import bases

HERE = pathlib.Path(__file__).parent
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
STEPS, ACCUMULATION = 20, 2
# Longer and shorter than every sliding window (6 and 8), and uneven.
LENGTHS = [23, 9, 31, 14, 5, 27, 12, 18, 7, 21]
GRADIENT_SEQUENCES = [0, 1, 2, 4]
SCHEDULES = {
    "linear": dict(lr_scheduler_type="linear", warmup_steps=4, learning_rate=5e-3, weight_decay=0.0),
    "cosine": dict(lr_scheduler_type="cosine", warmup_steps=3, learning_rate=4e-3, weight_decay=0.01),
    "constant": dict(lr_scheduler_type="constant_with_warmup", warmup_steps=2, learning_rate=3e-3, weight_decay=0.0),
}


def case(base, schedule="linear", **lora):
    return dict(base=base, schedule=schedule, lora={"r": 4, "lora_alpha": 8, "target_modules": PROJECTIONS, **lora})


CASES = {
    "llama2": case(bases.architecture("llama2")),
    "llama3": case(bases.architecture("llama3"), "cosine"),
    "midm": case(bases.architecture("midm"), "cosine"),
    "mistral": case(bases.architecture("mistral")),
    "gemma3": case(bases.architecture("gemma3"), "cosine"),
    "qwen2": case(bases.architecture("qwen2"), "constant"),
    "qwen2-window": case(bases.architecture("qwen2-window")),
    "qwen3": case(bases.architecture("qwen3"), "cosine"),
    "llama3-patterns": case(
        bases.architecture("llama3"), use_rslora=True, target_modules="all-linear",
        rank_pattern={"q_proj": 2, "layers.1.mlp.down_proj": 6}, alpha_pattern={"v_proj": 3, r"^.*layers\.0\..*gate_proj": 16}),
    "qwen3-regex": case(
        bases.architecture("qwen3"), "constant", target_modules=r".*\.(?:0\.self_attn\.[qv]_proj|1\.mlp\.(?:gate|down)_proj)"),
    "gemma3-layers": case(
        bases.architecture("gemma3"), "linear", layers_to_transform=[1, 2], exclude_modules=["k_proj"]),
    "llama-nf4": case(bases.nf4(), "cosine"),
    "llama-int8": case(bases.int8()),
    "llama-q8_0": case(bases.gguf_file("q8_0"), "cosine"),
    "llama-q4_k": case(bases.gguf_file("q4_k_m", hidden_size=256, intermediate_size=256, num_hidden_layers=1)),
}


def sequences(vocabulary):
    """Random ids; the first part is a prompt, and where there is room a second turn has a masked part of its own."""
    generator = torch.Generator().manual_seed(11)
    made = []
    for length in LENGTHS:
        ids = torch.randint(10, vocabulary, (length,), generator=generator).tolist()
        prompt = int(torch.randint(1, max(2, length // 2), (1,), generator=generator))
        mask = [0] * prompt + [1] * (length - prompt)
        if length > 20:
            mask[length * 3 // 5:length * 3 // 4] = [0] * (length * 3 // 4 - length * 3 // 5)
        made.append((ids, mask))
    return made


def micro_batches():
    """For each step two micro-batches of one to three sequences, so that their learned tokens differ."""
    order = torch.randperm(STEPS * 40, generator=torch.Generator().manual_seed(12)) % len(LENGTHS)
    at, steps = 0, []
    for step in range(STEPS):
        step_batches = []
        for micro in range(ACCUMULATION):
            count = 1 + (step + 2 * micro) % 3
            step_batches.append(order[at:at + count].tolist())
            at += count
        steps.append(step_batches)
    return steps


def loss_sum(model, sequence):
    """The sum of -log p of the learned tokens, one sequence, no padding."""
    ids, mask = sequence
    labels = torch.tensor([[token if learned else -100 for token, learned in zip(ids, mask)]])
    return model(input_ids=torch.tensor([ids]), labels=labels, num_items_in_batch=1, use_cache=False).loss


def trained_a_little(model):
    """A as PEFT draws it; B as if training had moved it."""
    generator = torch.Generator().manual_seed(13)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)


def trainable(model):
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def peft_names(tensors):
    return {name.replace(".default.", "."): tensor.detach().clone().contiguous() for name, tensor in tensors}


def gradients(model, data):
    model.zero_grad()
    losses = [loss_sum(model, data[index]) for index in GRADIENT_SEQUENCES]
    sum(losses).backward()
    found = peft_names((name, parameter.grad) for name, parameter in trainable(model))
    assert all(tensor.abs().max() > 0 for tensor in found.values())
    model.zero_grad()
    return [loss.item() for loss in losses], found


def train(model, data, settings):
    parameters = [parameter for _, parameter in trainable(model)]
    optimizer = torch.optim.AdamW(parameters, lr=settings["learning_rate"], betas=(0.9, 0.999), eps=1e-8,
                                  weight_decay=settings["weight_decay"])
    scheduler = transformers.get_scheduler(settings["lr_scheduler_type"], optimizer, num_warmup_steps=settings["warmup_steps"],
                                           num_training_steps=STEPS)
    steps = []
    for batches in micro_batches():
        learned = sum(sum(data[index][1]) for batch in batches for index in batch)
        total = 0.0
        for batch in batches:
            loss = sum(loss_sum(model, data[index]) for index in batch) / learned
            loss.backward()
            total += loss.item()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0).item()
        steps.append(dict(micro_batches=batches, learning_rate=scheduler.get_last_lr()[0], loss=total, grad_norm=norm))
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    return steps


class InOrder(transformers.Trainer):
    """transformers' own trainer over the same micro-batches, padded."""

    def get_train_dataloader(self):
        return torch.utils.data.DataLoader(self.train_dataset, batch_size=1, shuffle=False, collate_fn=lambda rows: rows[0])


class Steps(transformers.TrainerCallback):
    def __init__(self):
        self.logs = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "grad_norm" in logs:
            self.logs.append(logs)


def padded(data, batch):
    longest = max(len(data[index][0]) for index in batch)
    rows = {"input_ids": [], "attention_mask": [], "labels": []}
    for index in batch:
        ids, mask = data[index]
        gap = longest - len(ids)
        rows["input_ids"].append(ids + [0] * gap)
        rows["attention_mask"].append([1] * len(ids) + [0] * gap)
        rows["labels"].append([token if learned else -100 for token, learned in zip(ids, mask)] + [-100] * gap)
    return {key: torch.tensor(value) for key, value in rows.items()}


def check_with_transformers(model, data, settings, steps, scratch):
    """Loss, gradient norm and learning rate of every step as transformers' Trainer has them, padded and all."""
    arguments = transformers.TrainingArguments(
        output_dir=str(scratch), max_steps=STEPS, gradient_accumulation_steps=ACCUMULATION, max_grad_norm=1.0, logging_steps=1,
        report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True, optim="adamw_torch", **settings)
    callback = Steps()
    dataset = [padded(data, batch) for batches in micro_batches() for batch in batches]
    trainer = InOrder(model=model, args=arguments, train_dataset=dataset, callbacks=[callback])
    trainer.train()
    assert len(callback.logs) == STEPS
    worst = 0.0
    for ours, log in zip(steps, callback.logs):
        worst = max(worst, abs(ours["grad_norm"] / log["grad_norm"] - 1), abs(ours["loss"] - log["loss"]))
        assert abs(ours["learning_rate"] - log["learning_rate"]) < 1e-9, (ours, log)
    assert worst < 2e-4, worst
    return worst


def write_case(name, folder):
    torch.manual_seed(17)
    settings = CASES[name]
    model, vocabulary = settings["base"](folder)
    data = sequences(vocabulary)
    peft = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **settings["lora"]))
    trained_a_little(peft)
    # In evaluation mode bitsandbytes would multiply in bf16; there is no dropout.
    peft.train()
    peft.peft_config["default"].base_model_name_or_path = name
    peft.save_pretrained(str(folder / "adapter"), save_embedding_layers=False)
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    schedule = SCHEDULES[settings["schedule"]]
    losses, found = gradients(peft, data)
    save_file(found, folder / "gradients.safetensors")
    steps = train(peft, data, schedule)
    save_file(peft_names(trainable(peft)), folder / "final.safetensors")
    golden = dict(base=settings["base"].name, sequences=[dict(tokens=ids, learned=mask) for ids, mask in data],
                  gradient_sequences=GRADIENT_SEQUENCES, gradient_losses=losses,
                  training=dict(schedule, max_steps=STEPS, gradient_accumulation_steps=ACCUMULATION, max_grad_norm=1.0,
                                adam_beta1=0.9, adam_beta2=0.999, adam_epsilon=1e-8, steps=steps))
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
    again = settings["base"](folder / "again")[0]
    trainer_model = PeftModel.from_pretrained(again, str(folder / "adapter"), is_trainable=True)
    distance = check_with_transformers(trainer_model, data, schedule, steps, folder / "scratch")
    for unwanted in ("again", "scratch"):
        shutil.rmtree(folder / unwanted, ignore_errors=True)
    return f"{len(found)} tensors, loss {steps[0]['loss']:.3f} to {steps[-1]['loss']:.3f}, Trainer within {distance:.1e}"


def pack(folder, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def main():
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    for name in sys.argv[3:] or CASES:
        root = pathlib.Path(tempfile.mkdtemp())
        folder = root / name
        folder.mkdir()
        remark = write_case(name, folder)
        pack(folder, HERE / f"{name}.zip")
        shutil.rmtree(root)
        print(name, remark, (HERE / f"{name}.zip").stat().st_size, "bytes", flush=True)


if __name__ == "__main__":
    main()
