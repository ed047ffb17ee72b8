package org.bilora.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;

/** How the files of a tokenizer are read: a field that is there twice is an error. */
final class StrictJson {
  static final ObjectMapper MAPPER =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private StrictJson() {}
}
