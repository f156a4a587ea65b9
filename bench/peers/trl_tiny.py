"""A small DPO training by TRL on random weights, as the file that `deno task import-run` reads.

python trl_tiny.py OUT: writes OUT/trainer_state.json and OUT/training_args.bin as transformers saves them, and
OUT/predictions.jsonl, the log-probs of what was held out under policy and reference after the last step.

Made with Python 3.11, torch 2.15.0, transformers 5.24.0, trl 1.16.0, on a CPU.
"""

import contextlib
import copy
import json
import os
import random
import shutil
import sys
import tempfile

os.environ.update(TQDM_DISABLE="1", HF_HUB_OFFLINE="1", TRL_EXPERIMENTAL_SILENCE="1")

import datasets
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from trl import DPOConfig, DPOTrainer, KTOTrainer

datasets.disable_progress_bars()
torch.set_num_threads(1)
transformers.utils.logging.set_verbosity_error()
LETTERS = "abcdefghijklmnopqrstuvwxyz .,?"


def tokenizer():
    """A token a letter."""
    words = {word: i for i, word in enumerate(["<pad>", "<eos>", "<unk>", *LETTERS])}
    letters = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=letters, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )


def model():
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(LETTERS) + 3,
        hidden_size=64,
        num_hidden_layers=5,
        num_attention_heads=8,
        num_key_value_heads=4,
        intermediate_size=172,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    return transformers.LlamaForCausalLM(config)


def pairs(count, seed=0):
    """Kind answers before rude ones, of other lengths."""
    rng = random.Random(seed)
    kind = ["yes, thank you", "i would be glad to", "of course, please sit", "we shall see it together"]
    rude = ["no", "go away", "see for yourself", "who asked you, and why now"]
    asks = ["is {} here?", "where is {}?", "do you see {}?", "help me with {}."]
    names = ["the cat", "a dog", "the park", "my boss", "the train"]
    return [
        {
            "prompt": rng.choice(asks).format(rng.choice(names)),
            "chosen": f" {rng.choice(kind)}.",
            "rejected": f" {rng.choice(rude)}.",
        }
        for _ in range(count)
    ]


def trainer(train, held, of=DPOTrainer, config=DPOConfig, policy=None, **options):
    """A trainer of TRL on a copy of the policy; its reference is the policy as it was, unless another one is given."""
    policy = policy or model()
    args = config(
        **{
            "output_dir": "trl-out",
            "per_device_train_batch_size": 4,
            "per_device_eval_batch_size": 4,
            "max_steps": 2,
            "learning_rate": 3e-3,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": [],
            "bf16": False,
            "use_cpu": True,
            "gradient_checkpointing": False,
            "disable_tqdm": True,
            "dataloader_pin_memory": False,
            "seed": 0,
            **options,
        }
    )
    reference = {"ref_model": copy.deepcopy(policy)} if of in (DPOTrainer, KTOTrainer) else {}
    with contextlib.redirect_stdout(sys.stderr):
        return of(
            model=copy.deepcopy(policy),
            args=args,
            train_dataset=datasets.Dataset.from_list(train),
            eval_dataset=datasets.Dataset.from_list(held) if held else None,
            processing_class=tokenizer(),
            **reference,
        )


def trained(made):
    with contextlib.redirect_stdout(sys.stderr):
        made.train()
    return made


def predictions(made, rows):
    """Log-probs of each row, one row at a time."""
    set_aside = made.get_eval_dataloader().dataset
    made.model.eval()
    for row, ids in zip(rows, set_aside, strict=True):
        batch = made._prepare_inputs(made.data_collator([ids]))
        with torch.no_grad():
            ours, theirs = (
                made.compute_ref_log_probs(of, batch) for of in (made.model, made.ref_model)
            )
        yield {
            **row,
            "chosen_logps": ours[0].item(),
            "rejected_logps": ours[1].item(),
            "ref_chosen_logps": theirs[0].item(),
            "ref_rejected_logps": theirs[1].item(),
            "chosen_tokens": len(ids["chosen_ids"]),
            "rejected_tokens": len(ids["rejected_ids"]),
        }


if __name__ == "__main__":
    out = os.path.abspath(sys.argv[1])
    # Paths in what is saved are relative ones, the same on every machine.
    os.chdir(tempfile.mkdtemp())
    held_out = pairs(9, seed=1)
    run = trained(
        trainer(
            pairs(24),
            held_out,
            beta=0.2,
            label_smoothing=0.1,
            max_steps=12,
            per_device_train_batch_size=2,
            gradient_accumulation_steps=2,
            eval_strategy="steps",
            eval_steps=4,
            eval_on_start=True,
        )
    )
    run.save_state()
    os.makedirs(out, exist_ok=True)
    shutil.copy(f"{run.args.output_dir}/trainer_state.json", out)
    torch.save(run.args, f"{out}/training_args.bin")
    with open(f"{out}/predictions.jsonl", "w", encoding="utf-8") as lines:
        for line in predictions(run, held_out):
            lines.write(json.dumps(line) + "\n")
