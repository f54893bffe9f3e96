"""Thirty steps of PEFT on Gemma 3 270M, and the loss of the held-out rows before, meanwhile and after.

    python make.py FOLDER gemma-3-270m-q4_k_m.gguf    # torch 2.15, transformers 5.23.0, peft 0.21.2, gguf 0.19.0

The base is the GGUF itself, dequantised to float32 by transformers, on a CPU. The initial adapter is that of
../midm-training/make.py with B = 0, as PEFT begins.
"""
import importlib.util
import json
import pathlib
import sys
import time

import torch
import transformers
from peft import LoraConfig, get_peft_model

HERE = pathlib.Path(__file__).parent
STEPS, EVALUATION, BATCH = 30, 10, 4
R, ALPHA, LEARNING_RATE, WARMUP = 8, 16, 5e-4, 3
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def midm_training():
    spec = importlib.util.spec_from_file_location("midm_training", HERE.parent / "midm-training" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def loss_sum(model, ids, mask):
    labels = torch.tensor([[token if learned else -100 for token, learned in zip(ids, mask)]])
    return model(input_ids=torch.tensor([ids]), labels=labels, num_items_in_batch=1, use_cache=False).loss


def mean_loss(model, examples):
    with torch.no_grad():
        return sum(loss_sum(model, *example).item() for example in examples) / sum(sum(mask) for _, mask in examples)


def main(folder, file):
    torch.set_num_threads(2)
    examples = json.loads((HERE / "examples.json").read_text())
    training, held_out = examples["training"], examples["held_out"]
    base = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(r=R, lora_alpha=ALPHA, lora_dropout=0.0, task_type="CAUSAL_LM",
                                            target_modules=PROJECTIONS))
    adapter = midm_training()
    with torch.no_grad():
        for number, (_, module) in enumerate(adapter.modules_of(model)):
            weight = module.lora_A["default"].weight
            weight.copy_(adapter.uniform(2 * number, weight.numel(), 1 / module.in_features ** 0.5).view_as(weight))
    model.train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=0.0)
    scheduler = transformers.get_scheduler("linear", optimizer, num_warmup_steps=WARMUP, num_training_steps=STEPS)
    golden = dict(r=R, lora_alpha=ALPHA, learning_rate=LEARNING_RATE, lr_scheduler_type="linear", warmup_steps=WARMUP,
                  weight_decay=0.0, max_grad_norm=1.0, max_steps=STEPS, steps=[], held_out={})
    for step in range(STEPS):
        if step % EVALUATION == 0:
            golden["held_out"][step] = mean_loss(model, held_out)
            print(f"held out after {step} steps: {golden['held_out'][step]}", flush=True)
        batch = [(step * BATCH + i) % len(training) for i in range(BATCH)]
        started = time.time()
        learned = sum(sum(training[index][1]) for index in batch)
        loss = sum(loss_sum(model, *training[index]) for index in batch) / learned
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        golden["steps"].append(dict(examples=batch, loss=loss.item(), grad_norm=norm.item(),
                                    learning_rate=scheduler.get_last_lr()[0]))
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        print(f"step {step}: loss {loss.item():.5f}, norm {norm.item():.5f}, {time.time() - started:.1f} s", flush=True)
    golden["held_out"][STEPS] = mean_loss(model, held_out)
    print("held out after all:", golden["held_out"][STEPS])
    (HERE / "golden.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
