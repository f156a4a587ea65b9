/** Lint rules of this project: randomness is passed in, and logarithms of the logistic function are taken in log space. */
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
