package org.bilora;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** A room uses the rooms named here and no other. */
class RoomsTest {
  /** The rooms in their order: each with the rooms that it may use, or with all before it. */
  private static final Map<String, Set<String>> MAY_USE = mayUse();

  private static Map<String, Set<String>> mayUse() {
    Map<String, Set<String>> rooms = new LinkedHashMap<>();
    rooms.put("settings", Set.of());
    rooms.put("text", Set.of());
    rooms.put("weights", Set.of());
    rooms.put("graph", Set.of());
    rooms.put("autodiff", Set.of("graph"));
    rooms.put("optim", Set.of("graph"));
    rooms.put("adapter", Set.of("graph"));
    rooms.put("bilevel", Set.of("settings", "graph", "autodiff", "optim"));
    rooms.put("data", Set.of("text"));
    // A pretrained model carries its tokenizer, so model also sees text; attention multiplies by
    // the
    // one batched product, which stands in graph because the gradient rules need it, too.
    rooms.put("model", Set.of("graph", "settings", "adapter", "weights", "text"));
    rooms.put("generate", Set.of("model", "adapter", "weights", "text"));
    rooms.put("eval", Set.of("data", "model", "generate", "text"));
    rooms.put("method", Set.of("settings", "graph", "autodiff", "optim", "adapter", "bilevel"));
    rooms.put("step", allExcept(rooms, "generate", "eval"));
    rooms.put("train", allExcept(rooms));
    rooms.put("export", allExcept(rooms, "step", "bilevel", "method", "optim", "autodiff"));
    rooms.put("serve", Set.of("export", "weights"));
    // Only the command line serves.
    rooms.put("bench", allExcept(rooms, "serve"));
    // Spark's jobs (scale.spark, another build) run what bench and train have.
    rooms.put(
        "scale", Set.of("graph", "step", "weights", "data", "model", "eval", "train", "bench"));
    rooms.put("doctor", Set.of("graph", "step", "train"));
    rooms.put("cli", allExcept(rooms));
    return rooms;
  }

  private static Set<String> allExcept(Map<String, Set<String>> rooms, String... others) {
    Set<String> names = new LinkedHashSet<>(rooms.keySet());
    names.removeAll(Set.of(others));
    return names;
  }

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          // Whatever the build folder is: Spark's is another one.
          .withImportOption(location -> !location.contains("/test-classes/"))
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
