"""One DPO step by TRL on lines of pairs as they are.

python trl_reads.py PAIRS.jsonl: prints the loss before the step, which is log 2 for a model that is its own reference; exits
with 1 where it is another number, or TRL drops a line. The model is that of trl_tiny.py: random, a token a letter.

Seen with Python 3.11, torch 2.15.0, transformers 5.24.0, trl 1.16.0, on a CPU.
"""

import copy
import math
import sys
import tempfile

from datasets import load_dataset
from trl import DPOConfig, DPOTrainer

from trl_tiny import model, tokenizer

path = sys.argv[1]
pairs = load_dataset("json", data_files=path, split="train", cache_dir=tempfile.mkdtemp())
with tempfile.TemporaryDirectory() as out:
    settings = DPOConfig(
        output_dir=out, max_steps=1, per_device_train_batch_size=4, logging_steps=1, report_to=[], use_cpu=True,
        save_strategy="no", disable_tqdm=True,
    )
    policy = model()
    # Without one TRL loads the reference again by the model's name, and this model has none.
    trainer = DPOTrainer(
        model=policy, ref_model=copy.deepcopy(policy), args=settings, train_dataset=pairs, processing_class=tokenizer()
    )
    kept = len(trainer.train_dataset)
    trainer.train()
    loss = trainer.state.log_history[0]["loss"]
print(f"TRL takes {kept} of {len(pairs)} pairs; loss of the first step {loss}")
sys.exit(0 if kept == len(pairs) and math.isclose(loss, math.log(2), abs_tol=1e-3) else 1)
