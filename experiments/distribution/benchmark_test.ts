import { testRealData } from "../any_experiment_test_helpers.ts";
import distribution from "../distribution.ts";

const FLAGS = ["--preset", "smoke", "--text-sizes", "16,64", "--text-steps", "6"];
await testRealData(distribution, {
  flags: FLAGS,
  engine: "wasm",
  datasets: ["polarity", "politeness", "stories-260k"],
  arm: "pmle",
});
