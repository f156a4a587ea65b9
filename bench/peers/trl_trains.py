"""Trainings by TRL under the trl.json that `deno task train` writes, beside what that training logged itself.

python bench/peers/trl_trains.py, from the folder of the project: for each command line below, `deno task train` takes ten
steps on the model and pairs of trl_tiny.py, all lines in each batch; TRL takes as many under the settings that lie beside
its report. Prints the largest relative difference of loss and of gradient norm over the steps; exits with 1 where one is above
1e-3 (2e-3 under forward KL, whose slopes grow exponentially), or TRL refuses a setting.

Seen with Python 3.11, torch 2.15.0, transformers 5.24.0, trl 1.16.0, peft 0.21.2, on a CPU.
"""

import copy
import csv
import json
import os
import shlex
import subprocess
import sys
import tempfile

from datasets import load_dataset
from peft import LoraConfig
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

from trl_tiny import LETTERS, model, pairs, trained

OF = {"DPOTrainer": (DPOTrainer, DPOConfig), "KTOTrainer": (KTOTrainer, KTOConfig), "CPOTrainer": (CPOTrainer, CPOConfig),
      "ORPOTrainer": (ORPOTrainer, ORPOConfig)}
LINES = 8
# A warm-up, a decay and a bound on the gradient that cuts, so that each of them is compared.
USUAL = f"--train weights --steps 10 --batch {LINES} --learning-rate 1e-3 --warmup 2 --weight-decay 0.1 --clip 0.5"
TRAININGS = [
    "--loss dpo",
    "--loss dpo --likelihood 0.5 --schedule constant",
    "--loss f-dpo --divergence jensen-shannon --schedule cosine",
    "--loss f-dpo --divergence forward-kl",
    "--loss robust-dpo --label-smoothing 0.2",
    "--loss dpo-mean --beta 2",
    "--loss ipo-mean --tau 0.4",
    "--loss exo-pair --label-smoothing 0.1",
    "--loss sppo-hard --eta 4",
    "--loss apo-zero",
    "--loss aot-paired",
    "--loss discopop --tau 0.1",
    # Below the rate at which a pair comes to be known by heart: TRL does not cut its weight then.
    "--loss wpo --learning-rate 1e-4",
    "--loss ld-dpo --alpha 0.5",
    "--loss simpo --beta 2 --gamma 1",
    "--loss contrastive-po",
    "--loss contrastive-po --link ipo --likelihood 0",
    "--loss orpo --lambda 0.2 --likelihood-prompt",
    "--loss kto",
    "--loss dpo --max-length 30",
    "--loss dpo --train adapter --rank 4",
]


def tokenizer():
    """A token a letter, as the one of trl_tiny.py, of the kind that `deno task train` reads."""
    words = ["<pad>", "<eos>", "<unk>", *LETTERS.replace(" ", "Ġ")]
    letters = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=letters, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")


def ours(folder, words):
    """Loss and gradient norm of each step, and what trl.json says."""
    out = os.path.join(folder, "run")
    lines = "labelled" if "kto" in words else "pairs"
    usual = shlex.split(USUAL)
    given = [word for word in words if word.startswith("--")]
    # A flag that is given takes the place of the usual one.
    kept = [word for i in range(0, len(usual), 2) if usual[i] not in given for word in usual[i : i + 2]]
    files = ["--model", f"{folder}/model", "--pairs", f"{folder}/{lines}.jsonl", "--out", out]
    done = subprocess.run(["deno", "task", "train", *files, *kept, *words, "--fresh"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    with open(f"{out}/curve.csv", encoding="utf-8") as file:
        points = [point for point in csv.DictReader(file) if point["on"] == "train"]
    with open(f"{out}/trl.json", encoding="utf-8") as file:
        return [(float(p["loss"]), float(p["gradientNorm"])) for p in points], json.load(file)


def theirs(settings, folder):
    (said,) = settings["methods"].values()
    of, config = OF[said["trainer"]]
    policy = model()
    # Without one TRL loads the reference again by the model's name, and this model has none.
    reference = {"ref_model": copy.deepcopy(policy)} if of in (DPOTrainer, KTOTrainer) and "peft" not in settings else {}
    adapter = {"peft_config": LoraConfig(**settings["peft"], task_type="CAUSAL_LM")} if "peft" in settings else {}
    rows = load_dataset("json", data_files=said["lines"], split="train", cache_dir=f"{folder}/cache")
    if of is KTOTrainer:  # as its notes say
        rows = rows.select(range(len(rows) - 1, -1, -1))
    args = config(**{"output_dir": f"{folder}/out", "report_to": [], "use_cpu": True, "save_strategy": "no",
                     "disable_tqdm": True, "gradient_checkpointing": False, **said["args"]})
    made = trained(of(model=policy, args=args, train_dataset=rows, processing_class=tokenizer(), **reference, **adapter))
    return [(line["loss"], line["grad_norm"]) for line in made.state.log_history if "grad_norm" in line]


failed = False
with tempfile.TemporaryDirectory() as folder:
    model().save_pretrained(f"{folder}/model")
    tokenizer().save_pretrained(f"{folder}/model")
    # No two lines share a prompt: KTO's mismatched responses are their neighbours'.
    some = [{**row, "prompt": f"{LETTERS[i]}. {row['prompt']}"} for i, row in enumerate(pairs(LINES))]
    with open(f"{folder}/pairs.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in some)
    with open(f"{folder}/labelled.jsonl", "w", encoding="utf-8") as file:
        for i, row in enumerate(some):
            line = {"prompt": row["prompt"], "completion": row["chosen" if i % 2 else "rejected"], "label": i % 2 == 1}
            file.write(json.dumps(line) + "\n")
    for line in TRAININGS:
        mine, settings = ours(folder, shlex.split(line))
        their = theirs(settings, folder)
        # An adapter begins with random numbers of its own: only what it has not moved yet can agree, loss and norm apart.
        steps = 1 if "adapter" in line else len(mine)
        off = [max(abs(m[k] - t[k]) / max(abs(t[k]), 1e-3) for m, t in zip(mine[:steps], their[:steps])) for k in (0, 1)]
        bound = 2e-3 if "forward-kl" in line else 1e-3
        right = len(mine) == len(their) == 10 and off[0] < bound and ("adapter" in line or off[1] < bound)
        failed = failed or not right
        print(f"{line}: {len(their)} steps, loss off by {off[0]:.1e}, gradient norm by {off[1]:.1e}{'' if right else ': FAILS'}",
              flush=True)
sys.exit(1 if failed else 0)
