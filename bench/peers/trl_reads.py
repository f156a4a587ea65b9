"""A step of TRL on lines of pairs as they are, with the settings that lie beside them.

python trl_reads.py PAIRS.jsonl: for each method of trl.json in the same folder, prints the loss before the step; exits with 1
where it is not the one that a model has which is its own reference, or TRL drops a line. The model is that of trl_tiny.py:
random, a token a letter.

Seen with Python 3.11, torch 2.15.0, transformers 5.24.0, trl 1.16.0, on a CPU.
"""

import copy
import json
import math
import os
import sys
import tempfile

from datasets import load_dataset
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

from trl_tiny import model, tokenizer

OF = {"DPOTrainer": (DPOTrainer, DPOConfig), "KTOTrainer": (KTOTrainer, KTOConfig), "CPOTrainer": (CPOTrainer, CPOConfig),
      "ORPOTrainer": (ORPOTrainer, ORPOConfig)}
# The losses of log-ratios that are 0, for those that a method may have; of the others any finite number will do.
AT_ZERO = {
    "sigmoid": lambda args: math.log(2),
    "ipo": lambda args: (1 / (2 * args["beta"])) ** 2,
    "hinge": lambda args: 1,
    "apo_zero": lambda args: 1,
    "apo_down": lambda args: 1,
    "kto": lambda args: 0.5,
}

folder = os.path.dirname(os.path.abspath(sys.argv[1]))
pairs = load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=tempfile.mkdtemp())
with open(f"{folder}/trl.json", encoding="utf-8") as file:
    methods = json.load(file)["methods"]
failed = False
for method, said in methods.items():
    if "none" in said:
        print(f"{method}: {said['none']}")
        continue
    of, config = OF[said["trainer"]]
    policy = model()
    # Without one TRL loads the reference again by the model's name, and this model has none.
    reference = {"ref_model": copy.deepcopy(policy)} if of in (DPOTrainer, KTOTrainer) else {}
    with tempfile.TemporaryDirectory() as out:
        settings = config(
            **{"output_dir": out, "per_device_train_batch_size": 4, "report_to": [], "use_cpu": True, "bf16": False,
               "save_strategy": "no", "disable_tqdm": True, **said["args"], "max_steps": 1}
        )
        trainer = of(model=policy, args=settings, train_dataset=pairs, processing_class=tokenizer(), **reference)
        kept = len(trainer.train_dataset)
        trainer.train()
        loss = trainer.state.log_history[0]["loss"]
    types = said["args"].get("loss_type")
    name = types[0] if isinstance(types, list) else types
    expected = AT_ZERO[name](said["args"]) if reference and name in AT_ZERO else None
    # KTO takes a pair for two lines.
    whole = kept == len(pairs) * (2 if of is KTOTrainer else 1)
    right = math.isfinite(loss) if expected is None else math.isclose(loss, expected, abs_tol=1e-3)
    failed = failed or not (whole and right)
    print(f"{method}: {said['trainer']} takes {kept} lines of {len(pairs)} pairs; loss of the first step {loss}, "
          f"{'any' if expected is None else expected} expected{'' if whole and right else ': FAILS'}")
sys.exit(1 if failed else 0)
