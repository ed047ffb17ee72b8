package org.bilora.eval.generation;

import static org.bilora.eval.generation.Corpora.example;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a stand-in that speaks METEOR's protocol: the real jar cannot be fetched by a build. */
class MeteorTest {
  private static final String SCORER = "edu/cmu/meteor/scorer/MeteorScorer.class";

  @TempDir private Path folder;

  /** A jar of the stand-in, under METEOR's name for its scorer. */
  private Path jar(Class<?> program) throws IOException {
    Path jar = folder.resolve("meteor-1.5.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, program.getName());
    String classFile = program.getName().replace('.', '/') + ".class";
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest)) {
      for (String name : List.of(SCORER, classFile)) {
        entries.putNextEntry(new JarEntry(name));
        entries.write(program.getClassLoader().getResourceAsStream(classFile).readAllBytes());
      }
    }
    return jar;
  }

  @Test
  void theProgramIsAskedSentenceBySentenceThenForTheCorpus() throws IOException {
    TokenizedCorpus corpus = Corpora.of(example("a b", "a", "a b c"), example("é ||| d", "e"));
    // The stand-in counts the characters of all that it was sent.
    int sent = "SCORE ||| a ||| a b c ||| a b".length() + "SCORE ||| e ||| é  d".length();
    assertEquals(sent, Meteor.of(jar(StandInMeteor.class)).score(corpus));
  }

  @Test
  void aProgramThatEndsIsToldWithItsLastComplaint() throws IOException {
    Meteor meteor = Meteor.of(jar(StandInMeteor.Broken.class));
    TokenizedCorpus corpus = Corpora.of(example("a", "a"));
    IOException refused = assertThrows(IOException.class, () -> meteor.score(corpus));
    assertEquals("METEOR ended with exit code 3: no paraphrases", refused.getMessage());
  }

  @Test
  void anotherJarIsRefused() throws IOException {
    assertRefused("there is no such file", folder.resolve("none.jar"));
    assertRefused("it is not a jar", Files.writeString(folder.resolve("text.jar"), "text"));
    Path other = folder.resolve("other.jar");
    try (OutputStream out = Files.newOutputStream(other);
        JarOutputStream entries = new JarOutputStream(out)) {
      entries.putNextEntry(new JarEntry("other"));
    }
    assertRefused("it is not METEOR's jar", other);
  }

  private static void assertRefused(String message, Path jar) {
    IOException refused = assertThrows(IOException.class, () -> Meteor.of(jar));
    assertTrue(refused.getMessage().startsWith(jar + ": " + message), refused.getMessage());
  }
}
