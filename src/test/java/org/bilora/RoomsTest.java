package org.bilora;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** A room uses the rooms named here and no other. */
class RoomsTest {
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("text", Set.of()),
          Map.entry("weights", Set.of()),
          Map.entry("autodiff", Set.of()),
          Map.entry("optim", Set.of()),
          Map.entry("adapter", Set.of()),
          Map.entry("bilevel", Set.of("autodiff", "optim")),
          Map.entry("data", Set.of("text")),
          // A pretrained model carries its tokenizer, so model also sees text.
          Map.entry("model", Set.of("adapter", "weights", "text")),
          Map.entry("generate", Set.of("model", "adapter", "weights", "text")),
          Map.entry("eval", Set.of("data", "model", "generate", "text")),
          Map.entry(
              "train",
              Set.of(
                  "text",
                  "weights",
                  "autodiff",
                  "optim",
                  "adapter",
                  "bilevel",
                  "data",
                  "model",
                  "generate",
                  "eval")),
          Map.entry("export", Set.of("adapter", "model", "weights", "text")),
          Map.entry(
              "bench",
              Set.of(
                  "text",
                  "weights",
                  "autodiff",
                  "optim",
                  "adapter",
                  "bilevel",
                  "data",
                  "model",
                  "generate",
                  "eval",
                  "train",
                  "export")),
          Map.entry(
              "cli",
              Set.of(
                  "text",
                  "weights",
                  "autodiff",
                  "optim",
                  "adapter",
                  "bilevel",
                  "data",
                  "model",
                  "generate",
                  "eval",
                  "train",
                  "export",
                  "bench")));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.bilora");

  @Test
  void aRoomUsesOnlyTheRoomsItMay() {
    List<String> intruders = new ArrayList<>();
    for (JavaClass from : CLASSES) {
      String room = room(from);
      from.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(to -> to.getPackageName().startsWith("org.bilora."))
          .filter(to -> !room(to).equals(room) && !MAY_USE.get(room).contains(room(to)))
          .forEach(to -> intruders.add(from.getName() + " uses " + to.getName()));
    }
    Assertions.assertEquals(List.of(), intruders.stream().distinct().sorted().toList());
  }

  @Test
  void roomsAreFreeOfCycles() {
    slices().matching("org.bilora.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  private static String room(JavaClass type) {
    return type.getPackageName().replaceFirst("^org\\.bilora\\.?", "").replaceFirst("\\..*", "");
  }
}
