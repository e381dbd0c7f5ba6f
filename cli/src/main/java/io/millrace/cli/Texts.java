package io.millrace.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** The texts that come with the command. */
final class Texts {

  private Texts() {}

  static String help(String topic) throws IOException {
    try (InputStream text = open("help/" + topic + ".txt")) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static String version() throws IOException {
    var properties = new Properties();
    try (InputStream file = open("version.properties")) {
      properties.load(file);
    }
    return properties.getProperty("version");
  }

  private static InputStream open(String name) throws IOException {
    InputStream text = Texts.class.getResourceAsStream(name);
    if (text == null) {
      throw new FileNotFoundException(name);
    }
    return text;
  }
}
