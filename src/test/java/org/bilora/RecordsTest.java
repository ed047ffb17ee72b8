package org.bilora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Records with ten components and more are built by names: positions of so many cannot be read. */
class RecordsTest {
  private static final int MANY = 10;
  private static final JavaClasses CLASSES = new ClassFileImporter().importPackages("org.bilora");

  @Test
  void recordsWithTenComponentsAndMoreAreBuiltByTheirBuildersAlone() {
    List<String> byPosition =
        CLASSES.stream()
            .filter(RecordsTest::isLong)
            .flatMap(type -> type.getConstructors().stream())
            .flatMap(constructor -> constructor.getCallsOfSelf().stream())
            .filter(call -> !isBuilderOf(call.getOriginOwner(), call.getTargetOwner()))
            .map(call -> call.getDescription())
            .sorted()
            .toList();
    assertEquals(List.of(), byPosition);
  }

  @Test
  void theRecordsOfARunAreAmongThem() {
    List<String> names =
        CLASSES.stream().filter(RecordsTest::isLong).map(JavaClass::getSimpleName).toList();
    assertTrue(
        names.containsAll(List.of("TrainingSettings", "RunRecord", "BiLora")), names::toString);
  }

  private static boolean isLong(JavaClass type) {
    return type.isRecord()
        && type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .count()
            >= MANY;
  }

  private static boolean isBuilderOf(JavaClass builder, JavaClass built) {
    String nested = built.getFullName().substring(built.getPackageName().length() + 1);
    return builder.getPackageName().equals(built.getPackageName())
        && builder.getSimpleName().equals(nested.replace("$", "") + "Builder");
  }
}
