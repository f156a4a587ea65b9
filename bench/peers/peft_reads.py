"""What transformers and peft make of a model and an adapter of ours, and a step of peft's on that adapter.

python peft_reads.py MODEL ADAPTER TEXTS: folders, and lists of token ids as JSON. Prints as JSON the log-probs of each text under
the model, under the model with the adapter, and with the adapter after one step of gradient descent that makes the texts
likelier: peft has found its tensors and trains them.

Seen with Python 3.11, torch 2.15.0, transformers 5.24.0, peft 0.21.2, on a CPU.
"""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

RATE = 1e-3

model, adapter, texts = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
adapted = PeftModel.from_pretrained(base, adapter, is_trainable=True)


def log_probs():
    sums = []
    for text in texts:
        ids = torch.tensor([text])
        laws = torch.log_softmax(adapted(ids).logits[0, :-1].double(), -1)
        sums.append(laws.gather(1, ids[0, 1:, None]).sum())
    return sums


with torch.no_grad():
    with adapted.disable_adapter():
        without = [value.item() for value in log_probs()]
    found = [value.item() for value in log_probs()]
(-sum(log_probs())).backward()
with torch.no_grad():
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter -= RATE * parameter.grad
    after = [value.item() for value in log_probs()]
print(json.dumps({"model": without, "adapter": found, "step": after}))
