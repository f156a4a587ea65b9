"""The work of ../language_work.ts in PyTorch with transformers, on random weights of the same sizes.

python language.py WORK ROUNDS THREADS CONFIG: CONFIG is JSON of the sizes. Prints one line of JSON: versions, processor
milliseconds of each round, and the most memory that the process held, in MiB.
"""

import contextlib
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
import transformers

WORK, ROUNDS, THREADS, CONFIG = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
BETA, RANK, SCALE = 0.1, 8, 2.0
PROMPT, LENGTH, SEQUENCES, NEW = (CONFIG[name] for name in ("prompt", "length", "sequences", "new"))


def model():
    config = transformers.LlamaConfig(
        vocab_size=CONFIG["vocabulary"],
        hidden_size=CONFIG["width"],
        num_hidden_layers=CONFIG["layers"],
        num_attention_heads=CONFIG["heads"],
        num_key_value_heads=CONFIG["keyHeads"],
        intermediate_size=CONFIG["hidden"],
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    return transformers.LlamaForCausalLM(config).eval()


class LowRank(torch.nn.Module):
    """A frozen layer with B·A beside it."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.a = torch.nn.Parameter(torch.randn(RANK, base.in_features) * 0.02)
        self.b = torch.nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x):
        return self.base(x) + SCALE * F.linear(F.linear(x, self.a), self.b)


def adapted(lm, names, layers):
    for p in lm.parameters():
        p.requires_grad_(False)
    found = []
    for layer in lm.model.layers[-layers:]:  # of 0, all of them
        for part in (layer.self_attn, layer.mlp):
            for name, child in list(part.named_children()):
                if name in names:
                    change = LowRank(child)
                    setattr(part, name, change)
                    found += [change.a, change.b]
    return found


def texts():
    """Pairs below one another: a prompt, and two ways to go on."""
    ids = torch.randint(1, CONFIG["vocabulary"], (SEQUENCES, LENGTH))
    ids[1::2, :PROMPT] = ids[0::2, :PROMPT]
    return ids, (torch.arange(LENGTH) >= PROMPT).float().expand(SEQUENCES, LENGTH)


def log_probs(lm, ids, mask):
    logp = torch.log_softmax(lm(ids).logits[:, :-1], -1).gather(-1, ids[:, 1:, None])[..., 0]
    return (logp * mask[:, 1:]).sum(-1)


def preference_step(lm, parameters, precision=contextlib.nullcontext):
    """Direct preference optimisation; the log-probs of the reference were computed before."""
    ids, mask = texts()
    with torch.no_grad(), precision():
        reference = log_probs(lm, ids, mask)
    optimiser = torch.optim.AdamW(parameters, lr=1e-4)

    def step():
        with precision():
            change = log_probs(lm, ids, mask) - reference
        loss = F.softplus(-BETA * (change[0::2] - change[1::2])).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def forward():
    lm, (ids, mask) = model(), texts()

    def step():
        with torch.no_grad():
            log_probs(lm, ids, mask)

    return step


def lora(names, precision=contextlib.nullcontext, layers=0):
    lm = model()
    return preference_step(lm, adapted(lm, names, layers), precision)


def bfloat16():
    # Without such instructions oneDNN leaves these products to a loop: a step takes minutes.
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        sys.exit("error: this processor multiplies no bfloat16, PyTorch would take minutes for a step")
    return torch.autocast("cpu", dtype=torch.bfloat16)


def full():
    lm = model()
    return preference_step(lm, list(lm.parameters()))


def generate():
    lm, (ids, _) = model(), texts()

    def step():
        with torch.no_grad():
            lm.generate(
                ids[:, :PROMPT],
                attention_mask=torch.ones(SEQUENCES, PROMPT, dtype=torch.long),
                max_new_tokens=NEW,
                min_new_tokens=NEW,
                do_sample=True,
                top_k=0,
            )

    return step


LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
BUILD = {
    "forward": forward,
    "lora-qv": lambda: lora(("q_proj", "v_proj")),
    "lora-qv-bf16": lambda: lora(("q_proj", "v_proj"), bfloat16),
    "lora-all": lambda: lora(LINEAR),
    "lora-top": lambda: lora(("q_proj", "v_proj"), layers=6),
    "full": full,
    "generate": generate,
    "generate-quantised": generate,
}

torch.manual_seed(0)
torch.set_num_threads(THREADS)
transformers.logging.set_verbosity_error()
step = BUILD[WORK]()
step()
spent = []
for _ in range(ROUNDS):
    began = time.process_time()
    step()
    spent.append(1000 * (time.process_time() - began))
print(
    json.dumps(
        {
            "about": f"PyTorch {torch.__version__}, transformers {transformers.__version__}",
            "ms": spent,
            "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
