package org.bilora.eval.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class MtevalTokenizerTest {
  private static String tokens(String text) {
    return String.join("_", new MtevalTokenizer().tokenize(List.of(text)).get(0));
  }

  @Test
  void punctuationIsApartAndLettersAreLower() {
    assertEquals("blue_spice_,_a_pub_(_cheap_)_!", tokens("Blue Spice, a pub (cheap)!"));
  }

  @Test
  void periodsAndCommasWithinNumbersStay() {
    assertEquals("1,000_or_2.50_._it", tokens("1,000 or 2.50. It"));
  }

  @Test
  void hyphensAreApartAfterDigitsOnly() {
    assertEquals("£20_-_25_family-friendly", tokens("£20-25 family-friendly"));
  }

  @Test
  void apostrophesStayInTheirWords() {
    assertEquals("it's_cotto's", tokens("It's  Cotto's "));
  }

  @Test
  void entitiesBecomeCharacters() {
    assertEquals("fish_&_chips_\"_<_\"", tokens("fish &amp; chips &quot;&lt;&quot;"));
  }

  @Test
  void anEmptyTextIsOneEmptyToken() {
    assertEquals(List.of(""), new MtevalTokenizer().tokenize(List.of(" ")).get(0));
  }
}
