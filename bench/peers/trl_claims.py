"""What TRL does that its names do not say: each row of the first table of docs/trl.md, tried.

python trl_claims.py [FILE]: prints a line for each claim and ends with an error where one does not hold; FILE is written
with versions and numbers. Made with torch 2.15.0, transformers 5.24.0, trl 1.16.0, on a CPU.
"""

import contextlib
import json
import math
import os
import sys
import tempfile

import datasets
import torch
import transformers
import trl
from trl_tiny import model, pairs, predictions, tokenizer, trained, trainer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

TARGET = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
os.chdir(tempfile.mkdtemp())
TRAIN, HELD = pairs(8), pairs(9, seed=1)
CLAIMS = {}


def claim(function):
    CLAIMS[function.__name__.replace("_", "-")] = function
    return function


def near(a, b, by=1e-4):
    return abs(a - b) <= by * max(1, abs(a), abs(b))


def logs(made, key="loss"):
    return [line for line in made.state.log_history if key in line]


def scored(made, rows):
    """Log-ratios and tokens of rows under a trainer's policy as it is."""
    return [
        {
            **line,
            "chosen": line["chosen_logps"] - line["ref_chosen_logps"],
            "rejected": line["rejected_logps"] - line["ref_rejected_logps"],
        }
        for line in predictions(made, rows)
    ]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def evaluated(made, rows=None):
    with contextlib.redirect_stdout(sys.stderr):
        return made.evaluate(rows)


def moved(**options):
    """A DPO training that has moved, its evaluation on all nine rows as one batch, and the rows."""
    made = trained(trainer(TRAIN, HELD, **{"max_steps": 4, "per_device_eval_batch_size": 9, **options}))
    return made, evaluated(made), scored(made, HELD)


@claim
def ipo_averages_over_tokens_and_logs_sums():
    _, seen, rows = moved(loss_type=["ipo"], beta=0.5)
    ratio = [r["chosen"] / r["chosen_tokens"] - r["rejected"] / r["rejected_tokens"] for r in rows]
    loss = mean((d - 1) ** 2 for d in ratio)
    rewards = 0.5 * mean(r["chosen"] for r in rows)
    return near(seen["eval_loss"], loss) and near(seen["eval_rewards/chosen"], rewards), {
        "eval_loss": seen["eval_loss"],
        "mean over tokens": loss,
        "sum over tokens": mean((r["chosen"] - r["rejected"] - 1) ** 2 for r in rows),
        "eval_rewards/chosen": seen["eval_rewards/chosen"],
        "beta times the sum": rewards,
    }


@claim
def rewards_under_a_divergence_are_plain_log_ratios():
    _, seen, rows = moved(f_divergence_type="forward_kl", beta=0.2)
    plain = 0.2 * mean(r["chosen"] for r in rows)
    score = 0.2 * mean(1 - math.exp(-r["chosen"]) for r in rows)
    return near(seen["eval_rewards/chosen"], plain) and not near(plain, score), {
        "eval_rewards/chosen": seen["eval_rewards/chosen"],
        "beta log-ratio": plain,
        "beta score": score,
    }


@claim
def a_tie_counts_as_wrong():
    made = trainer(TRAIN, HELD)
    seen = evaluated(made)
    return seen["eval_rewards/accuracies"] == 0 and seen["eval_rewards/margins"] == 0, {
        "eval_rewards/accuracies before training": seen["eval_rewards/accuracies"]
    }


@claim
def evaluation_metrics_are_means_of_batch_means():
    # Four rows in the right order among nine: a policy that was moved, and rows in an order that shows it.
    made = trained(trainer(TRAIN, HELD, max_steps=4))
    rows = scored(made, HELD)
    right = [row for row, score in zip(HELD, rows) if score["chosen"] > score["rejected"] + 1e-3][:5]
    flipped = [{"prompt": r["prompt"], "chosen": r["rejected"], "rejected": r["chosen"]} for r in right]
    asked = [*flipped, *(right[i % len(right)] for i in range(4))]
    accuracies, losses = {}, {}
    for size in (9, 4, 8):
        made.args.per_device_eval_batch_size = size
        seen = evaluated(made, datasets.Dataset.from_list(asked))
        accuracies[size], losses[size] = seen["eval_rewards/accuracies"], seen["eval_loss"]
    expected = {9: 4 / 9, 4: (0 + 3 / 4 + 1) / 3, 8: (3 / 8 + 1) / 2}
    return all(near(accuracies[n], expected[n]) for n in expected) and near(losses[4], losses[9]) and near(
        losses[8], losses[9]
    ), {
        **{f"accuracy in batches of {n}": v for n, v in accuracies.items()},
        **{f"eval_loss in batches of {n}": v for n, v in losses.items()},
    }


@claim
def evaluation_sets_share_the_names_of_their_metrics():
    made = trainer(TRAIN, HELD)
    made.eval_dataset = {"one": made.eval_dataset, "two": made.eval_dataset}
    evaluated(made)
    lines = [line for line in made.state.log_history if any("eval_" in key for key in line)]
    names = [sorted(k for k in line if k.endswith(("_loss", "rewards/margins"))) for line in lines]
    return names == [["eval_one_loss", "eval_rewards/margins"], ["eval_rewards/margins", "eval_two_loss"]], {
        "names": names
    }


@claim
def label_smoothing_is_ignored_by_sigmoid():
    with_it, without = (
        logs(trained(trainer(TRAIN, None, label_smoothing=e, max_steps=3)))[-1]["loss"] for e in (0.3, 0.0)
    )
    return with_it == without, {"loss with 0.3": with_it, "without": without}


@claim
def rows_whose_prompt_fills_max_length_vanish():
    longest = max(len(row["prompt"]) for row in TRAIN)
    kept = len(trainer(TRAIN, None, max_length=longest).train_dataset)
    return kept < len(TRAIN), {"rows": len(TRAIN), "kept": kept, "max_length": longest}


@claim
def without_ref_model_the_reference_is_read_from_the_folder():
    first = model()
    folder = tempfile.mkdtemp()
    first.save_pretrained(folder)
    policy = transformers.LlamaForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        policy.lm_head.weight.mul_(1.5)
    made = trainer(TRAIN, HELD)
    made = DPOTrainer(
        model=policy,
        args=made.args,
        train_dataset=made.train_dataset,
        eval_dataset=made.eval_dataset,
        processing_class=tokenizer(),
    )
    margin = evaluated(made)["eval_rewards/chosen"]
    return abs(margin) > 1e-3, {"eval_rewards/chosen before training, of a policy changed in memory": margin}


@claim
def weights_of_wpo_are_not_cut_at_1():
    # A model that knows both sides by heart gives their tokens more than the collision of its own law.
    both = [side for row in TRAIN for side in (row, {**row, "chosen": row["rejected"], "rejected": row["chosen"]})]
    sharp = trained(trainer(both, None, loss_type=["sft"], max_steps=60, per_device_train_batch_size=16)).model
    losses = [
        evaluated(trainer(TRAIN, TRAIN[:1], policy=sharp, use_weighting=weighted))["eval_loss"]
        for weighted in (False, True)
    ]
    return near(losses[0], math.log(2)) and losses[1] > losses[0] * 1.01, {
        "weight of a pair": losses[1] / losses[0]
    }


@claim
def bco_pair_has_no_shift():
    _, seen, rows = moved(loss_type=["bco_pair"], beta=0.2)
    soft = lambda x: math.log1p(math.exp(-x))
    loss = mean(soft(0.2 * r["chosen"]) + soft(-0.2 * r["rejected"]) for r in rows)
    return near(seen["eval_loss"], loss) and not hasattr(trl, "BCOTrainer"), {
        "eval_loss": seen["eval_loss"],
        "without a shift": loss,
    }


@claim
def simpo_of_cpo_trainer_adds_the_likelihood():
    made = trained(trainer(TRAIN, None, CPOTrainer, CPOConfig, loss_type="simpo", max_steps=1, beta=2.0))
    alone = trained(trainer(TRAIN, None, CPOTrainer, CPOConfig, loss_type="simpo", max_steps=1, beta=2.0, cpo_alpha=0))
    one, other = logs(made)[0], logs(alone)[0]
    return near(one["loss"] - other["loss"], one["nll_loss"]) and other["nll_loss"] == 0, {
        "loss": one["loss"],
        "loss with cpo_alpha 0": other["loss"],
        "nll_loss": one["nll_loss"],
    }


@claim
def rewards_without_a_reference_are_beta_log_probs():
    results = {}
    for name, of, config, options, per_token in (
        ("cpo", CPOTrainer, CPOConfig, {"loss_type": "sigmoid", "cpo_alpha": 0}, False),
        ("simpo", CPOTrainer, CPOConfig, {"loss_type": "simpo", "cpo_alpha": 0}, True),
        ("orpo", ORPOTrainer, ORPOConfig, {}, True),
    ):
        line = logs(trained(trainer(TRAIN, None, of, config, max_steps=1, beta=0.5, **options)))[0]
        results[f"{name}: rewards/chosen over logps/chosen"] = line["rewards/chosen"] / line["logps/chosen"]
        results[f"{name}: logps/chosen"] = line["logps/chosen"]
    ratios = [v for k, v in results.items() if "over" in k]
    # A letter of 32 at random is worth -3.5 nats: what is near that is a mean over tokens.
    means = [results["simpo: logps/chosen"], results["orpo: logps/chosen"]]
    return (
        all(near(r, 0.5) for r in ratios)
        and all(-5 < m < -2 for m in means)
        and results["cpo: logps/chosen"] < -20
    ), results


@claim
def accumulated_batches_log_means_of_their_parts():
    one = logs(trained(trainer(TRAIN, None, max_steps=2)))
    parts = logs(
        trained(trainer(TRAIN, None, max_steps=2, per_device_train_batch_size=2, gradient_accumulation_steps=2))
    )
    sft = [
        logs(trained(trainer(TRAIN, None, loss_type=["sft"], max_steps=1, per_device_train_batch_size=n,
                             gradient_accumulation_steps=4 // n)))[0]["loss"]
        for n in (4, 1)
    ]
    return near(one[1]["loss"], parts[1]["loss"], 1e-3) and not near(*sft, 1e-5), {
        "loss of a batch of 4": one[1]["loss"],
        "of 2 and 2": parts[1]["loss"],
        "sft of 4": sft[0],
        "sft of 1, 1, 1 and 1": sft[1],
    }


@claim
def a_line_of_the_log_is_a_mean_of_steps_but_for_norm_and_rate():
    each = logs(trained(trainer(TRAIN, None, max_steps=4)))
    two = logs(trained(trainer(TRAIN, None, max_steps=4, logging_steps=2)))[1]
    last = each[3]
    return (
        near(two["loss"], (each[2]["loss"] + last["loss"]) / 2)
        and near(two["rewards/chosen"], (each[2]["rewards/chosen"] + last["rewards/chosen"]) / 2)
        and near(two["grad_norm"], last["grad_norm"])
        and two["learning_rate"] == last["learning_rate"]
        and each[0]["learning_rate"] == 3e-3
    ), {
        "losses": [line["loss"] for line in each],
        "logged of steps 3 and 4": two["loss"],
        "grad_norm of steps 3 and 4": [each[2]["grad_norm"], last["grad_norm"]],
        "logged": two["grad_norm"],
        "learning_rate of the first line": each[0]["learning_rate"],
    }


@claim
def a_loss_that_is_not_finite_is_logged_as_0():
    broken = model()
    with torch.no_grad():
        broken.lm_head.weight[5] = float("nan")
    made = trained(trainer(TRAIN, None, policy=broken, max_steps=1))
    line = logs(made)[0]
    made.save_state()
    with open("trl-out/trainer_state.json", encoding="utf-8") as file:
        text = file.read()
    return line["loss"] == 0 and math.isnan(line["grad_norm"]) and "NaN" in text, {
        "loss": line["loss"],
        "grad_norm": str(line["grad_norm"]),
        "NaN stands in the JSON": "NaN" in text,
    }


@claim
def kto_has_one_class_a_batch_and_no_accuracy():
    made = trained(trainer(TRAIN[:5], None, KTOTrainer, KTOConfig, max_steps=1, per_device_train_batch_size=2,
                           train_sampling_strategy="sequential"))
    labels = list(made.train_dataset["label"])
    line = logs(made)[0]
    return "rewards/accuracies" not in line and labels[:2] == [True, True], {
        "labels in order": [bool(label) for label in labels],
        "logged": sorted(key for key in line if key.startswith(("rewards", "kl"))),
    }


@claim
def kto_trains_an_odd_last_row_on_its_own_completion():
    made = trainer(
        [{"prompt": r["prompt"], "completion": r["chosen"], "label": i % 2 == 0} for i, r in enumerate(TRAIN[:5])],
        None, KTOTrainer, KTOConfig, per_device_train_batch_size=2, train_sampling_strategy="sequential",
    )
    rows = made.train_dataset
    own = [row.get("KL_completion_ids") == row["completion_ids"] for row in rows]
    return own[-1] and not any(own[:-1]), {"is its own mismatch": own}


@claim
def sigmoid_norm_compares_means_over_tokens_and_logs_sums():
    _, seen, rows = moved(loss_type=["sigmoid_norm"], beta=2.0)
    loss = mean(
        math.log1p(math.exp(-2 * (r["chosen"] / r["chosen_tokens"] - r["rejected"] / r["rejected_tokens"]))) for r in rows
    )
    rewards = 2 * mean(r["chosen"] for r in rows)
    return near(seen["eval_loss"], loss) and near(seen["eval_rewards/chosen"], rewards), {
        "eval_loss": seen["eval_loss"],
        "of means over tokens": loss,
        "eval_rewards/chosen": seen["eval_rewards/chosen"],
        "beta times the sum": rewards,
    }


@claim
def beta_of_sppo_hard_sets_its_aim_alone():
    _, seen, rows = moved(loss_type=["sppo_hard"], beta=0.2)
    loss = mean((r["chosen"] - 2.5) ** 2 + (r["rejected"] + 2.5) ** 2 for r in rows)
    rewards = 0.2 * mean(r["chosen"] for r in rows)
    return near(seen["eval_loss"], loss) and near(seen["eval_rewards/chosen"], rewards), {
        "eval_loss": seen["eval_loss"],
        "aims of 2.5 and -2.5": loss,
        "eval_rewards/chosen": seen["eval_rewards/chosen"],
    }


@claim
def ld_alpha_weighs_what_is_logged():
    made, seen, _ = moved(ld_alpha=0.5, beta=0.2)
    made.ld_alpha = None
    plain = evaluated(made)
    return not near(seen["eval_logps/chosen"], plain["eval_logps/chosen"]) and not near(
        seen["eval_rewards/chosen"], plain["eval_rewards/chosen"]
    ), {name: [log[name] for log in (seen, plain)] for name in ("eval_logps/chosen", "eval_rewards/chosen")}


@claim
def exo_pair_refuses_no_smoothing_and_robust_takes_a_half():
    try:
        trainer(TRAIN, None, loss_type=["exo_pair"])
        refusal = None
    except ValueError as error:
        refusal = str(error)
    line = logs(trained(trainer(TRAIN, None, loss_type=["robust"], label_smoothing=0.5, max_steps=1)))[0]
    # The loss is 0/0 then, and what is not finite is logged as 0.
    return refusal is not None and "exo_pair" in refusal and not math.isfinite(line["grad_norm"]), {
        "exo_pair": refusal,
        "robust with 0.5: gradient": str(line["grad_norm"]),
    }


@claim
def hinge_and_ipo_of_cpo_trainer_ignore_label_smoothing():
    losses = {
        name: [
            logs(trained(trainer(TRAIN, None, CPOTrainer, CPOConfig, loss_type=name, cpo_alpha=0, label_smoothing=e,
                                 max_steps=1, beta=0.5)))[0]["loss"]
            for e in (0.3, 0.0)
        ]
        for name in ("hinge", "ipo", "sigmoid")
    }
    same = {name: near(*both) for name, both in losses.items()}
    return same == {"hinge": True, "ipo": True, "sigmoid": False}, losses


if __name__ == "__main__":
    found = {
        "versions": {
            "python": sys.version.split()[0],
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "trl": trl.__version__,
        },
        "claims": {},
    }
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else CLAIMS
    for name in only:
        try:
            holds, numbers = CLAIMS[name]()
        except Exception as error:  # a claim that cannot be tried is not one that holds
            holds, numbers = False, {"error": repr(error)}
        found["claims"][name] = {"holds": bool(holds), "numbers": numbers}
        print("holds" if holds else "FAILS", name, json.dumps(numbers), flush=True)
    if TARGET is not None:
        with open(TARGET, "w", encoding="utf-8") as file:
            file.write(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if all(line["holds"] for line in found["claims"].values()) else 1)
