package org.bilora.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The tokenizer classes of Hugging Face Transformers 5 that are known here. All but {@link
 * #BACKEND} take only the vocabulary (and merges) from a {@code tokenizer.json} and build the rest
 * from their own options, whatever that file says; how is in {@link ClassDefinition}.
 */
enum TokenizerClass {
  /** BERT's WordPiece. */
  BERT(
      "WordPiece",
      true,
      ImmutableList.of("bert", "distilbert", "electra"),
      ImmutableList.of(
          "BertTokenizer",
          "ElectraTokenizer",
          "MobileBertTokenizer",
          "LayoutLMTokenizer",
          "SqueezeBertTokenizer"),
      tokens("unk", "[UNK]", "sep", "[SEP]", "pad", "[PAD]", "cls", "[CLS]", "mask", "[MASK]")),
  /** The same without segments. */
  DISTILBERT(
      "WordPiece",
      false,
      ImmutableList.of(),
      ImmutableList.of("DistilBertTokenizer"),
      BERT.specialTokens),
  /** RoBERTa's byte-level byte pairs. */
  ROBERTA(
      "BPE",
      false,
      ImmutableList.of("roberta"),
      ImmutableList.of("RobertaTokenizer", "BartTokenizer", "LongformerTokenizer"),
      angled("<unk>")),
  /** GPT-2's byte-level byte pairs. */
  GPT2(
      "BPE",
      false,
      ImmutableList.of("gpt2"),
      ImmutableList.of("GPT2Tokenizer"),
      tokens("bos", "<|endoftext|>", "eos", "<|endoftext|>", "unk", "<|endoftext|>")),
  /** MPNet's WordPiece with RoBERTa's special tokens. */
  MPNET(
      "WordPiece",
      false,
      ImmutableList.of("mpnet"),
      ImmutableList.of("MPNetTokenizer"),
      angled("[UNK]")),
  /** DeBERTa-v2's and v3's pieces. */
  DEBERTA_V2(
      "Unigram",
      true,
      ImmutableList.of("deberta-v2"),
      ImmutableList.of("DebertaV2Tokenizer"),
      tokens(
          "bos", "[CLS]", "eos", "[SEP]", "unk", "[UNK]", "sep", "[SEP]", "pad", "[PAD]", "cls",
          "[CLS]", "mask", "[MASK]")),
  /** XLM-RoBERTa's pieces. */
  XLM_ROBERTA(
      "Unigram",
      false,
      ImmutableList.of("xlm-roberta"),
      ImmutableList.of("XLMRobertaTokenizer"),
      angled("<unk>")),
  /** CamemBERT's pieces. */
  CAMEMBERT(
      "Unigram",
      false,
      ImmutableList.of("camembert"),
      ImmutableList.of("CamembertTokenizer"),
      angled("<unk>")),
  /** ALBERT's pieces. */
  ALBERT(
      "Unigram",
      false,
      ImmutableList.of("albert"),
      ImmutableList.of("AlbertTokenizer"),
      tokens(
          "bos", "[CLS]", "eos", "[SEP]", "unk", "<unk>", "sep", "[SEP]", "pad", "<pad>", "cls",
          "[CLS]", "mask", "[MASK]")),
  /** A {@code tokenizer.json} as it stands. */
  BACKEND(
      "",
      false,
      ImmutableList.of("modernbert"),
      ImmutableList.of("TokenizersBackend", "PreTrainedTokenizerFast", "PreTrainedTokenizer"),
      ImmutableMap.of());

  /** The kind of model that it builds; empty for any. */
  final String model;

  /** Whether it tells a model the segments of a pair, unless its configuration says otherwise. */
  final boolean segments;

  /** Its special tokens by role, such as {@code cls_token}, in the order they are added. */
  final Map<String, String> specialTokens;

  private final List<String> modelTypes;
  private final List<String> names;

  TokenizerClass(
      String model,
      boolean segments,
      List<String> modelTypes,
      List<String> names,
      Map<String, String> specialTokens) {
    this.model = model;
    this.segments = segments;
    this.modelTypes = modelTypes;
    this.names = names;
    this.specialTokens = specialTokens;
  }

  private static Map<String, String> tokens(String... rolesAndTokens) {
    ImmutableMap.Builder<String, String> tokens = ImmutableMap.builder();
    for (int i = 0; i < rolesAndTokens.length; i += 2) {
      tokens.put(rolesAndTokens[i] + "_token", rolesAndTokens[i + 1]);
    }
    return tokens.buildOrThrow();
  }

  private static Map<String, String> angled(String unknown) {
    return tokens(
        "bos", "<s>", "eos", "</s>", "unk", unknown, "sep", "</s>", "pad", "<pad>", "cls", "<s>",
        "mask", "<mask>");
  }

  /**
   * The class that opens a model's tokenizer.
   *
   * @param modelType of {@code config.json}
   * @param named {@code tokenizer_class} of the tokenizer's configuration, or of the model's
   * @throws DefinitionException when there is none here
   */
  static TokenizerClass of(String modelType, Optional<String> named) throws DefinitionException {
    Optional<TokenizerClass> ofModel =
        Arrays.stream(values()).filter(each -> each.modelTypes.contains(modelType)).findFirst();
    if (ofModel.equals(Optional.of(BACKEND))) {
      return BACKEND;
    }
    if (named.isEmpty()) {
      return ofModel.orElseThrow(
          () ->
              new DefinitionException(
                  "no tokenizer class is known for model_type %s; tokenizer_class must name one"
                      .formatted(Shown.of(modelType))));
    }
    String name =
        named.get().endsWith("Fast") && !named.get().equals("PreTrainedTokenizerFast")
            ? named.get().substring(0, named.get().length() - "Fast".length())
            : named.get();
    return Arrays.stream(values())
        .filter(each -> each.names.contains(name))
        .findFirst()
        .orElseThrow(
            () ->
                new DefinitionException(
                    "tokenizer_class is %s; supported: %s"
                        .formatted(
                            Shown.of(named.get()),
                            Arrays.stream(values())
                                .flatMap(each -> each.names.stream())
                                .collect(Collectors.joining(", ")))));
  }
}
