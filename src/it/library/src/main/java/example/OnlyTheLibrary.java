package example;

import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bilora.bench.study.StudyFile;
import org.bilora.data.Tasks;
import org.bilora.model.PretrainedEncoders;
import org.bilora.train.Trainer;

/** What a project that depends on the installed jar alone finds on its class path. */
public final class OnlyTheLibrary {
  private OnlyTheLibrary() {}

  public static void main(String[] args) throws IOException, URISyntaxException {
    Path jar = Path.of(Trainer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    check(ModuleFinder.of(jar).find("org.bilora").isPresent(), jar + " is no module org.bilora");
    for (String kind : List.of("-sources.jar", "-javadoc.jar")) {
      Path attached = jar.resolveSibling(jar.getFileName().toString().replace(".jar", kind));
      check(Files.isRegularFile(attached), attached + " is not installed");
    }
    for (String configuration : List.of("log4j2.xml", "logback.xml", "logging.properties")) {
      check(
          Thread.currentThread().getContextClassLoader().getResource(configuration) == null,
          configuration + " would take over this program's logging");
    }
    for (String type :
        List.of(
            "org.apache.logging.log4j.core.Logger",
            "picocli.CommandLine",
            "me.tongfei.progressbar.ProgressBar",
            "org.knowm.xchart.XYChart",
            "com.fasterxml.jackson.dataformat.yaml.YAMLMapper",
            "ai.onnx.proto.OnnxMl")) {
      check(isMissing(type), type + " comes with the library, but only few need it");
    }
    refuses("tribuo-util-onnx", () -> PretrainedEncoders.load("minilm-l6"));
    refuses("language-en", () -> Tasks.load("grammar", Optional.empty()));
    refuses("jackson-dataformat-yaml", () -> StudyFile.read(Path.of("study.yaml")));
  }

  private static boolean isMissing(String type) {
    try {
      Class.forName(type);
      return false;
    } catch (ClassNotFoundException e) {
      return true;
    }
  }

  private interface Use {
    Object run() throws IOException;
  }

  private static void refuses(String artifact, Use use) {
    try {
      use.run();
    } catch (IOException e) {
      check(e.getMessage().contains(artifact), "'%s' does not name %s".formatted(e, artifact));
      check(e.getMessage().lines().count() == 1, "more than one line: " + e.getMessage());
      return;
    }
    throw new IllegalStateException("nothing asks for " + artifact);
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
