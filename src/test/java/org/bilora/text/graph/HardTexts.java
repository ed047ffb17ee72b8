package org.bilora.text.graph;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Random;

/** Texts that tokenizers get wrong. */
final class HardTexts {
  private static final int[][] ALPHABETS = {
    {' ', '~'},
    {'a', 'z'},
    {'a', 'z'},
    {0, 0x20},
    {0x7F, 0x24F},
    {0x300, 0x36F},
    {0x370, 0x5FF},
    {0x600, 0x6FF},
    {0x900, 0xDFF},
    {0x1100, 0x11FF},
    {0x1E00, 0x206F},
    {0x2000, 0x2BFF},
    {0x3000, 0x30FF},
    {0x4E00, 0x4EFF},
    {0xAC00, 0xACFF},
    {0xD7A0, 0xD7FF},
    {0xE000, 0xE010},
    {0xF900, 0xFAFF},
    {0xFB00, 0xFDFF},
    {0xFE00, 0xFFFF},
    {0x10000, 0x103FF},
    {0x1D165, 0x1D180},
    {0x1D400, 0x1D4FF},
    {0x1F1E6, 0x1F64F},
    {0x20000, 0x20010},
    {0x2B810, 0x2B930},
    {0x2F800, 0x2F8FF},
    {0xE0000, 0xE00FF},
    {0x10FFF0, 0x10FFFF}
  };
  private static final String[] SNIPPETS = {
    "'s",
    "'ll",
    "'LL",
    "'t",
    "''",
    "'",
    " '",
    "'re",
    "n't",
    "'ve ",
    "'d'm",
    "  ",
    "\n",
    "\t ",
    "\u00A0",
    "\u3000",
    "[SEP]",
    "[CLS]",
    "[ MASK]",
    "[MASK]",
    "[UNK]",
    "[PAD]",
    "<s>",
    "</s>",
    "<mask>",
    "  <mask>  ",
    "<|endoftext|>",
    "<unk>",
    "##ing",
    "e\u0301",
    "1,234.5",
    "don't",
    "O'Neill's",
    "\uD83D\uDC69\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
    "aaaa",
    "ababab"
  };

  private HardTexts() {}

  /** Chosen ones. */
  static List<String> chosen() {
    return ImmutableList.of(
        "",
        " ",
        "   ",
        "\n",
        "\t\r\n \u00A0\u3000\u2003",
        "\0",
        "a\0b",
        "Naïve café — “quoted” ½ 中国人 🙂🇩🇪 e\u0301",
        "İstanbul ŞIŞLI ẞ ǅ ΌΣΟΣ Σας ᾼ ŉ ﬁ Ⅷ ①",
        "zero\u200Bwidth\u200Dand\uFEFFmarks\u00ADhere",
        "tab\tnew\r\nline\u000Bvertical\u0085next\u2028line",
        "한국어 조선말 각 \uD7B0",
        "नमस्ते हिन्दी நன்றி ക്ഷ",
        "مَرْحَبًا بِكُمْ שָׁלוֹם",
        "$100 + 5% = <x> ^`|~ \\ /",
        "\uFFFD \u0007bell \u001B[31mred\u001B[0m \u007F\u0080\u009F",
        "𝒜𝓁𝓅𝒽𝒶 𝟘𝟙 𠀀𠀁 \uD87E\uDC04",
        "豈更車 ＡＢＣ　ｆｕｌｌ",
        "a\u0301\u0323\u0302\u0345b \u0301 \u0301\u0301",
        "\u302E\u1D165 \uD834\uDD65\u302E",
        "\uFDD0 \uFFFE \uFFFF \uD83F\uDFFE",
        "\uE000\uF8FF \uDBFF\uDFFD",
        "[CLS] a [SEP] b[SEP][MASK] [mask] [UNK][PAD]",
        "<s>a</s> <mask>b  <mask> \n <mask>, <pad><|endoftext|>x<|endoftext|>",
        "I've he'll they're it's I'd I'm can't 'twas ''s 's 'S x'sy 's's it''s \u00A0's \n's  's 1's !'s",
        "tail of spaces   ",
        "   head of spaces",
        "a  b   c\n\n\nd \n e",
        "1234567890 1a2b3c ²³ ½ ٣٤ Ⅻ",
        "supercalifragilisticexpialidocious-ness!!",
        "a".repeat(100),
        "a".repeat(101) + " b",
        "é".repeat(101) + " e\u0301".repeat(50),
        "a".repeat(10_000),
        "abcdefghij".repeat(1_000),
        "word ".repeat(2_000),
        "!".repeat(10_000),
        "中".repeat(3_000),
        "\u0301".repeat(3_000) + "x",
        " ".repeat(5_000) + "x" + " ".repeat(5_000));
  }

  /** Mixtures of alphabets and snippets. */
  static List<String> random(int count, long seed) {
    Random random = new Random(seed);
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder();
      int parts = random.nextInt(12);
      for (int part = 0; part < parts; part++) {
        append(random, text);
      }
      texts.add(text.toString());
    }
    return texts.build();
  }

  private static void append(Random random, StringBuilder text) {
    if (random.nextInt(3) == 0) {
      text.append(SNIPPETS[random.nextInt(SNIPPETS.length)]);
      return;
    }
    int[] alphabet = ALPHABETS[random.nextInt(ALPHABETS.length)];
    int length = 1 + random.nextInt(5);
    for (int i = 0; i < length; i++) {
      int code = alphabet[0] + random.nextInt(alphabet[1] - alphabet[0] + 1);
      if (code < Character.MIN_SURROGATE || code > Character.MAX_SURROGATE) {
        text.appendCodePoint(code);
      }
    }
    if (random.nextBoolean()) {
      text.append(' ');
    }
  }
}
