"""What TRL's losses come to under the settings that lie beside exported lines.

python trl_agree.py TRL.json OUT.json: each method of the file trains four steps by its trainer on the pairs of trl_tiny.py,
with its arguments; then all that was held out is evaluated as one batch. OUT has for each the loss of that evaluation and
the log-probs that it is a function of. lib/run/trl/export_test.ts computes the losses from these again. TRL.json for all
losses is made by

deno eval 'import { trlSettings } from "./lib/run/trl/export.ts";
  const asked = JSON.parse(Deno.readTextFileSync("lib/run/trl/testdata/asked.json"));
  console.log(JSON.stringify(trlSettings(asked, { usual: "pairs.jsonl" })));' > TRL.json

Made with torch 2.15.0, transformers 5.24.0, trl 1.16.0, on a CPU.
"""

import contextlib
import json
import os
import sys
import tempfile

import torch
import trl
from trl_tiny import pairs, predictions, trained, trainer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

SETTINGS, OUT = (os.path.abspath(path) for path in sys.argv[1:3])
os.chdir(tempfile.mkdtemp())
OF = {"DPOTrainer": (DPOTrainer, DPOConfig), "KTOTrainer": (KTOTrainer, KTOConfig), "CPOTrainer": (CPOTrainer, CPOConfig),
      "ORPOTrainer": (ORPOTrainer, ORPOConfig)}
TRAIN, HELD = pairs(8), pairs(9, seed=1)


def labelled(rows):
    return [
        {"prompt": row["prompt"], "completion": row["chosen" if i % 2 else "rejected"], "label": i % 2 == 1}
        for i, row in enumerate(rows)
    ]


def held_out(made, name):
    """Log-probs of the rows under the policy, and under the reference where there is one."""
    if name == "DPOTrainer":
        return [{k: v for k, v in line.items() if k not in ("prompt", "chosen", "rejected")} for line in predictions(made, HELD)]
    batch = made._prepare_inputs(next(iter(made.get_eval_dataloader())))
    made.model.eval()
    with torch.no_grad():
        if name == "KTOTrainer":
            (policy, kl), (reference, reference_kl) = (
                made.compute_ref_log_probs(of, batch) for of in (made.model, made.ref_model)
            )
            point = {} if kl is None else {"kl": max(0.0, (kl - reference_kl).mean().item())}
            return [
                {"logps": p, "ref_logps": r, "label": bool(label), **point}
                for p, r, label in zip(policy.tolist(), reference.tolist(), batch["label"])
            ]
        chosen, rejected, _, _, likelihood = made.concatenated_forward(made.model, batch)[:5]
    return [
        {"chosen_logps": c, "rejected_logps": r, "nll_loss": likelihood.item()}
        for c, r in zip(chosen.tolist(), rejected.tolist())
    ]


with open(SETTINGS, encoding="utf-8") as file:
    settings = json.load(file)
found = {}
for method, said in settings["methods"].items():
    if "none" in said:
        continue
    name, (of, config) = said["trainer"], OF[said["trainer"]]
    train, held = (labelled(TRAIN), labelled(HELD)) if name == "KTOTrainer" else (TRAIN, HELD)
    args = {"max_steps": 4, "per_device_train_batch_size": 9, "per_device_eval_batch_size": 9, **said["args"]}
    with contextlib.redirect_stdout(sys.stderr):
        made = trained(trainer(train, held, of, config, **args))
        loss = made.evaluate()["eval_loss"]
    found[method] = {"eval_loss": loss, "rows": held_out(made, name)}
    print(method, loss, flush=True)
with open(OUT, "w", encoding="utf-8") as file:
    versions = {"torch": torch.__version__, "trl": trl.__version__}
    lines = [
        f' {json.dumps(method)}: {json.dumps({"args": settings["methods"][method]["args"], **of})}'
        for method, of in found.items()
    ]
    file.write('{"versions": ' + json.dumps(versions) + ', "found": {\n' + ",\n".join(lines) + "\n}}\n")
