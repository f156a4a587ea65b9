import { testMadeWorlds } from "./any_experiment_test_helpers.ts";
import cpo from "./cpo.ts";

testMadeWorlds(cpo, {
  // Large enough that every estimator has something to divide by.
  flags: ["--preset", "smoke", "--steps", "5", "--texts", "30"],
  engine: "wasm",
  again: "dr,dr-cpo,cpo",
  between: "ipw,oracle",
  lone: "dr-cpo",
  beside: "dr-cpo,naive,snipw",
});
