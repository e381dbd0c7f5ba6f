package io.millrace.model;

/** A setting of a model that cannot be used; the message names the key. */
public final class UnusableModelSetting extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnusableModelSetting(String key, String problem) {
    super(ModelCatalogue.SETTINGS + "." + key + ": " + problem);
  }
}
