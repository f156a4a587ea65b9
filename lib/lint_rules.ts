/**
 * Lint rules of this project: randomness is passed in, the logistic function is written once, and its logarithms are taken in
 * log space.
 */

/** Where the logistic function may be written out: where it is, beside kernels, and in what computes a second time. */
const WRITES_SIGMOID = /lib\/exact\/logistic\.ts$|\/lib\/tensor\/|_(test|bench)\.ts$|_helpers\.ts$/;

const plugin: Deno.lint.Plugin = {
  name: "preflab",
  rules: {
    "no-math-random": {
      create(context) {
        return {
          'CallExpression[callee.object.name="Math"][callee.property.name="random"]'(node) {
            context.report({
              node,
              message: "Math.random is not seeded: take an Rng from lib/random.ts as an argument",
            });
          },
        };
      },
    },
    "no-second-sigmoid": {
      create(context) {
        return {
          'BinaryExpression[operator="/"]'(node) {
            const text = context.sourceCode.getText(node).replaceAll(/\s/g, "");
            if (/\/\(1\+Math\.exp\([^/]*$/.test(text) && !WRITES_SIGMOID.test(context.filename)) {
              context.report({
                node,
                message: "the logistic function is written once: take sigmoid from lib/exact/logistic.ts",
              });
            }
          },
        };
      },
    },
    "no-log-of-sigmoid": {
      create(context) {
        return {
          'CallExpression[callee.object.name="Math"][callee.property.name="log"]'(node) {
            const text = context.sourceCode.getText(node).replaceAll(/\s/g, "");
            if (/^Math\.log\(1\/\(1\+Math\.exp\(/.test(text)) {
              context.report({ node, message: "log(1/(1+exp(-x))) underflows: use logSigmoid" });
            }
          },
        };
      },
    },
  },
};
export default plugin;
