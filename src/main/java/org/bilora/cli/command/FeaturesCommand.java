package org.bilora.cli.command;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.InputFile;
import org.bilora.cli.option.ModelNames;
import org.bilora.cli.option.OutputFile;
import org.bilora.cli.progress.NativeLog;
import org.bilora.data.CustomFormat;
import org.bilora.data.Example;
import org.bilora.data.TextRows;
import org.bilora.model.EncoderFeatures;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.text.Encoding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora features}. */
@Command(
    name = "features",
    description = {
      "Computes the last hidden states of a pretrained model for texts.",
      "Each line of the file is a text, or two texts separated by a tab; there is no header. The output is a"
          + " JSON array of objects, one per line in: text, pair where there is one, input_ids, cls"
          + " (the first token's vector) and mean (the mean over all tokens)."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  ${sys:bilora.command:-bilora} features --model minilm-l6 --in sentences.txt --out features.json"
    })
final class FeaturesCommand implements Callable<Integer> {
  /** Bounds the memory of long files. */
  private static final int LINES_AT_ONCE = 512;

  @Spec private CommandSpec command;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      completionCandidates = ModelNames.class,
      description = "Pretrained model: ${COMPLETION-CANDIDATES}, or a Hugging Face directory.")
  private String model;

  @Option(
      names = "--in",
      paramLabel = "FILE",
      required = true,
      description = "The texts; - is standard input.")
  private Path in;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "Where the JSON goes; - is standard output.")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    OutputFile output = new OutputFile(out);
    output.check(in);
    if (output.isStandardOutput() && common.json()) {
      throw new ParameterException(
          command.commandLine(), "--json prints where the features go; give --out");
    }
    InputFile input = new InputFile(in);
    List<Example> texts;
    try (TextRows rows =
        TextRows.open(
            input.name(),
            input.open(),
            TextRows.Format.LINES,
            TextRows.Texts.ONE_OR_TWO,
            CustomFormat.USUAL,
            List.of())) {
      texts = rows.all();
    }
    try (PretrainedEncoder encoder = PretrainedEncoders.load(model)) {
      NativeLog.skipFirstNotes();
      try (EncoderFeatures features = new EncoderFeatures(encoder)) {
        output.write(
            command.commandLine().getOut(), writer -> write(encoder, features, texts, writer));
      }
    }
    if (!output.isStandardOutput()) {
      common.result(
          Map.of("texts", texts.size(), "out", out.toString()),
          "features of %,d texts written to %s".formatted(texts.size(), out));
    }
    return 0;
  }

  private void write(
      PretrainedEncoder encoder, EncoderFeatures features, List<Example> texts, Writer writer)
      throws IOException {
    int cut = 0;
    JsonGenerator json = new JsonFactory().createGenerator(writer);
    json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    json.writeStartArray();
    for (List<Example> some : Lists.partition(texts, LINES_AT_ONCE)) {
      List<Encoding> encodings =
          some.stream()
              .map(
                  text ->
                      encoder
                          .tokenizer()
                          .encode(text.text(), text.pair(), encoder.config().maxTokens()))
              .toList();
      cut += (int) encodings.stream().filter(Encoding::truncated).count();
      List<EncoderFeatures.Features> vectors = features.of(encodings);
      for (int i = 0; i < some.size(); i++) {
        json.writeRaw('\n');
        write(some.get(i), encodings.get(i), vectors.get(i), json);
      }
    }
    json.writeRaw('\n');
    json.writeEndArray();
    json.writeRaw('\n');
    json.close();
    if (cut > 0) {
      common.note(
          "warning: %,d texts are longer than %s reads (%d tokens) and were cut"
              .formatted(cut, encoder.name(), encoder.config().maxTokens()));
    }
  }

  private static void write(
      Example text, Encoding encoding, EncoderFeatures.Features vectors, JsonGenerator json)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("text", text.text());
    if (text.pair().isPresent()) {
      json.writeStringField("pair", text.pair().get());
    }
    json.writeFieldName("input_ids");
    json.writeArray(encoding.inputIds(), 0, encoding.length());
    writeVector("cls", vectors.cls(), json);
    writeVector("mean", vectors.mean(), json);
    json.writeEndObject();
  }

  private static void writeVector(String name, float[] vector, JsonGenerator json)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (float value : vector) {
      json.writeNumber(value);
    }
    json.writeEndArray();
  }
}
