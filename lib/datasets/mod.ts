/**
 * Real data sets: find them (`openStore`), load them, and turn texts into features.
 *
 * @module
 */
export { type EmoBank, loadEmoBank } from "./emobank.ts";
export { type Harmless, type HarmlessPair, loadHarmless } from "./harmless.ts";
export { type HongKong, type HongKongWave, loadHongKong } from "./hong_kong.ts";
export { type ImdbRevision, loadImdbRevisions } from "./imdb_revisions.ts";
export { type BanditLog, loadOpenBandit, type OpenBandit } from "./open_bandit.ts";
export { loadParaDetox, type ParaDetoxRow } from "./paradetox.ts";
export { loadPolarity, type Polarity } from "./polarity.ts";
export { loadPoliteness, type PolitenessPair } from "./politeness.ts";
export { loadSami, type SamiModel, samiModels, type SamiRelease, type SamiWriter, samiWriters } from "./sami.ts";
export { semanticFeatures, standardiseColumns, unigramLogProb } from "./semantic_features.ts";
export { mirrorFolder, openStore, type Store, type Verdict } from "./store.ts";
export { loadUpworthy, type Upworthy, type UpworthyPackage, type UpworthyTest } from "./upworthy.ts";
export { learnVocabulary, type SparseMatrix, tfidf, tokenize, type Vocabulary } from "./text_features.ts";
export { type TruncatedSvd, truncatedSvd } from "./truncated_svd.ts";
