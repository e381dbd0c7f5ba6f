package io.millrace.worker.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.DefaultShareConsumerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.core.ShareConsumerFactory;
import org.springframework.kafka.support.ProducerListener;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(KafkaSettings.class)
public class KafkaConfiguration {

  /**
   * How long an event waits for company: nobody waits for it, and each request costs the broker.
   */
  private static final int EVENTS_LINGER_MILLIS = 5;

  // Factories are beans of their own, so that they are closed with the context.
  @Bean
  ProducerFactory<String, byte[]> jobsProducer(Environment environment) {
    return producer(environment, 0);
  }

  @Bean
  ProducerFactory<String, byte[]> eventsProducer(Environment environment) {
    return producer(environment, EVENTS_LINGER_MILLIS);
  }

  @Bean
  KafkaTemplate<String, byte[]> jobsTemplate(
      @Qualifier("jobsProducer") ProducerFactory<String, byte[]> factory) {
    return template(factory);
  }

  @Bean
  KafkaTemplate<String, byte[]> eventsTemplate(
      @Qualifier("eventsProducer") ProducerFactory<String, byte[]> factory) {
    return template(factory);
  }

  // Who sends says once that Kafka is away: a stack trace for each record would bury that.
  private static KafkaTemplate<String, byte[]> template(ProducerFactory<String, byte[]> factory) {
    var template = new KafkaTemplate<String, byte[]>(factory);
    template.setProducerListener(new ProducerListener<String, byte[]>() {});
    return template;
  }

  private static ProducerFactory<String, byte[]> producer(
      Environment environment, int lingerMillis) {
    Map<String, Object> properties = client(environment);
    properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, lingerMillis);
    // Bounds: a send that finds no broker returns within a second, a record is given up after six.
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 4_000);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 6_000);
    return new DefaultKafkaProducerFactory<>(properties);
  }

  @Bean
  ShareConsumerFactory<String, byte[]> shareConsumerFactory(Environment environment) {
    Map<String, Object> properties = client(environment);
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 250);
    // How long a line that went dead without a word goes unnoticed.
    properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    return new DefaultShareConsumerFactory<>(properties);
  }

  @Bean
  Topology topology(Environment environment, KafkaSettings settings, MeterRegistry meters) {
    Map<String, Object> properties = client(environment);
    properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 8_000);
    return new Topology(properties, settings, meters);
  }

  private static Map<String, Object> client(Environment environment) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
        environment.getRequiredProperty("spring.kafka.bootstrap-servers"));
    // A broker that comes back is found at once, not after a second of growing back-off.
    properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    properties.put(CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG, "rebootstrap");
    return properties;
  }
}
