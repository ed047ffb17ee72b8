package org.bilora.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The tokens that are added to a vocabulary, with the ids that Hugging Face's library gives them: a
 * token of the vocabulary keeps its id, another takes the next one behind the vocabulary, whatever
 * id a file asks for.
 */
final class AddedTokens {
  private final Map<String, Long> vocabulary;
  private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
  private final Map<String, Long> ids = new LinkedHashMap<>();
  private long highest = -1;

  AddedTokens(Map<String, Long> vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Adds a token; one that is there already takes the new one's properties. */
  void add(AddedToken token) {
    if (token.content().isEmpty()) {
      return;
    }
    AddedToken old = tokens.get(token.content());
    tokens.put(token.content(), old != null && old.special() ? token.asSpecial() : token);
    if (old == null) {
      Long known = vocabulary.get(token.content());
      long id = known != null ? known : Math.max(highest + 1, vocabulary.size());
      ids.put(token.content(), id);
      highest = Math.max(highest, id);
    }
  }

  /**
   * Adds a token that a file gives an id.
   *
   * @throws DefinitionException when it comes to another id
   */
  void add(long id, AddedToken token) throws DefinitionException {
    add(token);
    Long given = ids.get(token.content());
    if (given != null && given != id) {
      throw new DefinitionException(
          "the added token \"%s\" is to have id %d, but in this vocabulary it has id %d"
              .formatted(Shown.of(token.content()), id, given));
    }
  }

  boolean has(String content) {
    return tokens.containsKey(content);
  }

  /** The id of a token, added or of the vocabulary. */
  long id(String token) throws DefinitionException {
    Long id = ids.getOrDefault(token, vocabulary.get(token));
    if (id == null) {
      throw new DefinitionException("there is no token \"%s\"".formatted(Shown.of(token)));
    }
    return id;
  }

  void writeTo(ArrayNode array) {
    Map<Long, String> byId = new TreeMap<>();
    ids.forEach((token, id) -> byId.put(id, token));
    byId.forEach((id, token) -> tokens.get(token).writeTo(array.addObject(), id));
  }
}
