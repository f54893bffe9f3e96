"""The training peer: QLoRA with torch, PEFT and bitsandbytes on the CPU, as people run it: NF4 with double quantisation,
gradient checkpointing, batches padded to their longest example, no loss on prompts and padding.

qlora.py MODEL EXAMPLES BATCH THREADS

EXAMPLES: a line for each example: how many of its tokens are the prompt, then its tokens, with spaces between them.
Prints a line for each step; its tokens are the examples' own, padding not counted. "./caravan bench train" runs it."""
import resource
import sys
import time
import warnings

import torch
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

warnings.filterwarnings("ignore")
path, examples = sys.argv[1], [[int(word) for word in line.split()] for line in open(sys.argv[2])]
batch_size = int(sys.argv[3])
torch.set_num_threads(int(sys.argv[4]))
torch.manual_seed(1)
model = AutoModelForCausalLM.from_pretrained(path, device_map={"": "cpu"}, quantization_config=BitsAndBytesConfig(
    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_use_double_quant=True))
model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=True)
model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, task_type="CAUSAL_LM", target_modules="all-linear"))
model.train()
model.config.use_cache = False
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-4)
for step, first in enumerate(range(0, len(examples), batch_size)):
    batch = [(prompt, tokens) for prompt, *tokens in examples[first:first + batch_size]]
    longest = max(len(tokens) for _, tokens in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, (prompt, tokens) in enumerate(batch):
        ids[row, :len(tokens)] = torch.tensor(tokens)
        mask[row, :len(tokens)] = 1
        labels[row, prompt:len(tokens)] = ids[row, prompt:len(tokens)]
    start = time.time()
    loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    seconds = time.time() - start
    real, peak = int(mask.sum()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"step {step}: {real / seconds:.2f} tok/s, loss {loss.item():.4f}, peak {peak:.3f} GB, "
          f"{real} tokens of {ids.numel()}", flush=True)
