"""The training steps of ../steps.ts in PyTorch, written as one would write them, timed in this process.

python steps.py THREADS: says its version, then answers requests on its input until that ends. Those for the tuned steps are
answered by steps_tuned.py.
"""

import json
import math
import sys

sys.dont_write_bytecode = True

import torch
import torch.nn.functional as F

import answers
import steps_tuned

BETA = 0.1
RATE = 1e-3


def dpo(chosen, rejected, reference_chosen, reference_rejected):
    return F.softplus(-BETA * ((chosen - reference_chosen) - (rejected - reference_rejected)))


class Norm(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.gain


class Block(torch.nn.Module):
    def __init__(self, width, heads, key_heads, hidden):
        super().__init__()
        self.heads, self.key_heads, self.head = heads, key_heads, width // heads
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.qkv = torch.nn.Linear(width, (heads + 2 * key_heads) * self.head, bias=False)
        self.out = torch.nn.Linear(width, width, bias=False)
        self.gate_up = torch.nn.Linear(width, 2 * hidden, bias=False)
        self.down = torch.nn.Linear(hidden, width, bias=False)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).split(
            [self.heads * self.head, self.key_heads * self.head, self.key_heads * self.head], -1
        )
        q = turned(q.view(b, t, self.heads, self.head), cos, sin).transpose(1, 2)
        k = turned(k.view(b, t, self.key_heads, self.head), cos, sin).transpose(1, 2)
        v = v.view(b, t, self.key_heads, self.head).transpose(1, 2)
        if self.key_heads != self.heads:
            k = k.repeat_interleave(self.heads // self.key_heads, 1)
            v = v.repeat_interleave(self.heads // self.key_heads, 1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, -1))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


def turned(x, cos, sin):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Transformer(torch.nn.Module):
    def __init__(self, vocabulary, width, layers, heads, key_heads, hidden, length):
        super().__init__()
        self.embedding = torch.nn.Parameter(torch.empty(vocabulary, width))
        self.blocks = torch.nn.ModuleList(Block(width, heads, key_heads, hidden) for _ in range(layers))
        self.norm = Norm(width)
        angles = torch.outer(
            torch.arange(length).float(), 10000 ** (-torch.arange(0, width // heads, 2).float() / (width // heads))
        )
        self.cos, self.sin = angles.cos()[None, :, None, :], angles.sin()[None, :, None, :]
        for p in self.parameters():
            if p.dim() > 1:
                torch.nn.init.normal_(p, std=0.02)

    def forward(self, ids):
        x = self.embedding[ids]
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.norm(x) @ self.embedding.T


def sequence_log_prob(logits, ids, mask):
    logp = torch.log_softmax(logits[:, :-1], -1).gather(-1, ids[:, 1:, None])[..., 0]
    return (logp * mask[:, 1:]).sum(-1)


def transformer(pairs, length, sizes):
    model = Transformer(length=length, **sizes)
    ids = torch.randint(sizes["vocabulary"], (2 * pairs, length))
    mask = (torch.arange(length) >= length / 4).float().expand(2 * pairs, length)
    with torch.no_grad():
        reference = sequence_log_prob(model(ids), ids, mask)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)

    def step():
        logp = sequence_log_prob(model(ids), ids, mask)
        loss = dpo(logp[:pairs], logp[pairs:], reference[:pairs], reference[pairs:]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def stacked(parameters, loss):
    """One program for all replicates: the sum of their losses, as each parameter belongs to one of them."""
    optimiser = torch.optim.Adam(parameters, lr=RATE)

    def step():
        total = loss(*parameters).sum()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()

    return step


def vectorised(parameters, loss, batch):
    """The same through torch.func: the gradient of one replicate's loss, mapped over replicates."""
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    slopes = torch.func.vmap(torch.func.grad(loss, argnums=tuple(range(len(parameters)))))

    def step():
        for parameter, slope in zip(parameters, slopes(*(p.detach() for p in parameters), *batch)):
            parameter.grad = slope
        optimiser.step()

    return step


def looped(steps):
    def step():
        for one in steps:
            one()

    return step


def tabular(kind, replicates, states, actions, pairs):
    at, chosen, rejected = (torch.randint(n, (replicates, pairs)) for n in (states, actions, actions))
    reference = -math.log(actions)
    theta = [torch.zeros(states, actions, requires_grad=True) for _ in range(replicates)]

    def loss(theta, at, chosen, rejected):
        logp = torch.log_softmax(theta, -1)
        return dpo(logp[at, chosen], logp[at, rejected], reference, reference).mean()

    if kind == "looped":
        return looped(
            [stacked([theta[r]], lambda t, r=r: loss(t, at[r], chosen[r], rejected[r])) for r in range(replicates)]
        )
    table = torch.zeros(replicates, states, actions, requires_grad=True)
    if kind == "vmap":
        return vectorised([table], loss, (at, chosen, rejected))
    rows = torch.arange(replicates)[:, None]

    def all_losses(table):
        logp = torch.log_softmax(table, -1)
        return dpo(logp[rows, at, chosen], logp[rows, at, rejected], reference, reference).mean(-1)

    return stacked([table], all_losses)


def mlp(kind, replicates, widths, pairs):
    x = torch.randn(replicates, pairs, widths[0])
    chosen, rejected = (torch.randint(widths[-1], (replicates, pairs, 1)) for _ in range(2))
    reference = -math.log(widths[-1])

    def weights(r):
        return [
            p
            for i, o in zip(widths, widths[1:])
            for p in (
                (torch.randn(r + (i, o)) * (2 / i) ** 0.5).requires_grad_(),
                torch.zeros(r + (1, o), requires_grad=True),
            )
        ]

    def loss(parameters, x, chosen, rejected):
        for n in range(0, len(parameters), 2):
            x = x @ parameters[n] + parameters[n + 1]
            if n + 2 < len(parameters):
                x = torch.relu(x)
        logp = torch.log_softmax(x, -1)
        chosen, rejected = logp.gather(-1, chosen)[..., 0], logp.gather(-1, rejected)[..., 0]
        return dpo(chosen, rejected, reference, reference).mean(-1)

    if kind == "looped":
        return looped(
            [stacked(weights(()), lambda *p, r=r: loss(p, x[r], chosen[r], rejected[r])) for r in range(replicates)]
        )
    if kind == "vmap":
        return vectorised(
            weights((replicates,)), lambda *given: loss(given[:-3], *given[-3:]), (x, chosen, rejected)
        )
    return stacked(weights((replicates,)), lambda *p: loss(p, x, chosen, rejected))


def tabular_cpo(replicates, states, actions, pairs):
    """Off-policy value of the policy, weighted by importance: the causal preference objective with known propensities."""
    rows = torch.arange(replicates)[:, None]
    at, chosen = (torch.randint(n, (replicates, pairs)) for n in (states, actions))
    outcome, logged = torch.rand(replicates, pairs), math.log(1 / actions)
    table = torch.zeros(replicates, states, actions, requires_grad=True)

    def all_losses(table):
        logp = torch.log_softmax(table, -1)[rows, at, chosen]
        return -((logp - logged).exp() * outcome).mean(-1)

    return stacked([table], all_losses)


KINDS = {"tabular": tabular, "mlp": mlp, "transformer": transformer, "tabular cpo": tabular_cpo}


def built(kind, arguments, tuned=False):
    torch.manual_seed(0)
    if not tuned:
        return KINDS[kind](**arguments)
    if steps_tuned.compiler() is None:
        raise FileNotFoundError("torch.compile needs a C++ compiler: g++, or the one of CXX")
    return steps_tuned.KINDS[kind](**arguments)


if __name__ == "__main__":
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    answers.serve(f"PyTorch {torch.__version__}", built, threads)
