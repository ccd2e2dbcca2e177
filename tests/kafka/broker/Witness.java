import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Says what is on a broker, as Kafka's own Java clients see it, and keeps its topics; so tests need
 * not trust the library that is under test. Arguments: properties of the clients, NAME=VALUE.
 * Commands come as lines on standard input, their words separated by tabs:
 *
 * <pre>
 *   ready                                    until the broker answers and is not fenced
 *   create TOPIC PARTITIONS [NAME=VALUE]...  makes a topic
 *   create_many PREFIX COUNT PARTITIONS      PREFIX0, PREFIX1, ...
 *   grow TOPIC PARTITIONS                    so many it has then
 *   delete TOPIC
 *   delete_records TOPIC PARTITION OFFSET    those before the offset
 *   places PARTITIONS KEY...                 the partition of each key, a line each
 *   ends TOPIC LEVEL                         lines "PARTITION OFFSET"
 *   read TOPIC LEVEL                         all there is, a line a record; see line()
 *   group NAME                               lines "TOPIC PARTITION OFFSET" that it has committed
 * </pre>
 *
 * LEVEL is read_committed or read_uncommitted. Each answer ends with a line "." or "! ERROR".
 */
public final class Witness {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Properties properties;
  private final Admin admin;
  private final PrintStream out;
  private final Map<String, KafkaConsumer<byte[], byte[]>> consumers = new HashMap<>();

  private Witness(Properties properties, PrintStream out) {
    this.properties = properties;
    this.admin = Admin.create(properties);
    this.out = out;
  }

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    for (String argument : arguments) {
      int at = argument.indexOf('=');
      properties.put(argument.substring(0, at), argument.substring(at + 1));
    }
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    Witness witness = new Witness(properties, out);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String end = ".";
      try {
        witness.obey(line.split("\t"));
      } catch (ExecutionException e) {
        end = "! " + e.getCause().toString().replace('\n', ' ');
      } catch (RuntimeException e) {
        end = "! " + e.toString().replace('\n', ' ');
      }
      out.println(end);
      out.flush();
    }
  }

  private void obey(String[] words) throws Exception {
    switch (words[0]) {
      case "ready" -> ready();
      case "create" -> {
        Map<String, String> configuration = new HashMap<>();
        for (int i = 3; i < words.length; i++) {
          int at = words[i].indexOf('=');
          configuration.put(words[i].substring(0, at), words[i].substring(at + 1));
        }
        NewTopic topic = new NewTopic(words[1], Integer.parseInt(words[2]), (short) 1);
        admin.createTopics(List.of(topic.configs(configuration))).all().get();
        usable(words[1], Integer.parseInt(words[2]));
      }
      case "create_many" -> {
        int count = Integer.parseInt(words[2]);
        int partitions = Integer.parseInt(words[3]);
        List<NewTopic> topics = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          topics.add(new NewTopic(words[1] + i, partitions, (short) 1));
          // A request may not make much more than this at once.
          if (topics.size() * partitions < 2000 && i + 1 < count) continue;
          admin.createTopics(topics).all().get();
          topics.clear();
        }
        usable(words[1] + (count - 1), partitions);
      }
      case "grow" -> {
        int partitions = Integer.parseInt(words[2]);
        admin.createPartitions(Map.of(words[1], NewPartitions.increaseTo(partitions))).all().get();
        usable(words[1], partitions);
      }
      case "delete" -> admin.deleteTopics(List.of(words[1])).all().get();
      case "delete_records" -> {
        var partition = new TopicPartition(words[1], Integer.parseInt(words[2]));
        var before = RecordsToDelete.beforeOffset(Long.parseLong(words[3]));
        admin.deleteRecords(Map.of(partition, before)).all().get();
      }
      case "places" -> {
        for (int i = 2; i < words.length; i++) {
          byte[] key = words[i].getBytes(StandardCharsets.UTF_8);
          int partitions = Integer.parseInt(words[1]);
          out.println(BuiltInPartitioner.partitionForKey(key, partitions));
        }
      }
      case "ends" -> ends(words[1], words[2]);
      case "read" -> read(words[1], words[2]);
      case "group" -> group(words[1]);
      default -> throw new IllegalArgumentException("what is " + words[0]);
    }
  }

  // The controller answers before the broker itself takes part; a topic can be made by then only.
  private void ready() throws Exception {
    long until = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        for (Node node : admin.describeCluster().nodes().get()) {
          if (!node.isEmpty()) return;
        }
      } catch (ExecutionException e) {
        if (System.nanoTime() > until) throw e;
      }
      if (System.nanoTime() > until) throw new IllegalStateException("no broker came");
      Thread.sleep(20);
    }
  }

  // Until each partition has a leader, as a client sees it.
  private void usable(String topic, int partitions) throws Exception {
    long until = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < until) {
      try {
        var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        if (described.partitions().size() >= partitions
            && described.partitions().stream().allMatch(p -> p.leader() != null)) {
          return;
        }
      } catch (ExecutionException e) {
        // Not known yet.
      }
      Thread.sleep(5);
    }
    throw new IllegalStateException("the topic " + topic + " got no leaders");
  }

  private KafkaConsumer<byte[], byte[]> consumer(String level) {
    return consumers.computeIfAbsent(
        level,
        l -> {
          Properties own = new Properties();
          own.putAll(properties);
          own.put("isolation.level", l);
          own.put("enable.auto.commit", "false");
          own.put("auto.offset.reset", "none");
          own.put("allow.auto.create.topics", "false");
          own.put("max.poll.records", "100000");
          own.put("fetch.max.wait.ms", "50");
          // Topics come and go in tests.
          own.put("metadata.max.age.ms", "1000");
          var bytes = new ByteArrayDeserializer();
          return new KafkaConsumer<>(own, bytes, bytes);
        });
  }

  private List<TopicPartition> partitions(String topic, String level) {
    List<TopicPartition> all = new ArrayList<>();
    for (PartitionInfo info : consumer(level).partitionsFor(topic, LIMIT)) {
      all.add(new TopicPartition(topic, info.partition()));
    }
    if (all.isEmpty()) throw new IllegalStateException("there is no topic " + topic);
    return all;
  }

  private void ends(String topic, String level) {
    Map<Integer, Long> sorted = new TreeMap<>();
    consumer(level)
        .endOffsets(partitions(topic, level), LIMIT)
        .forEach((partition, offset) -> sorted.put(partition.partition(), offset));
    sorted.forEach((partition, offset) -> out.println(partition + " " + offset));
  }

  private void read(String topic, String level) {
    KafkaConsumer<byte[], byte[]> consumer = consumer(level);
    List<TopicPartition> all = partitions(topic, level);
    consumer.assign(all);
    Map<TopicPartition, Long> ends = consumer.endOffsets(all, LIMIT);
    consumer.seekToBeginning(all);
    long until = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      boolean done = true;
      // Positions move over control records too, which no poll() shows.
      for (TopicPartition partition : all) {
        done &= consumer.position(partition, LIMIT) >= ends.get(partition);
      }
      if (done) break;
      if (System.nanoTime() > until) throw new IllegalStateException("the end does not come");
      ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
      for (ConsumerRecord<byte[], byte[]> record : records) {
        if (record.offset() < ends.get(partitionOf(record))) out.println(line(record));
      }
    }
    consumer.unsubscribe();
  }

  private static TopicPartition partitionOf(ConsumerRecord<byte[], byte[]> record) {
    return new TopicPartition(record.topic(), record.partition());
  }

  private void group(String name) throws Exception {
    Map<String, Long> sorted = new TreeMap<>();
    for (Map.Entry<TopicPartition, OffsetAndMetadata> e :
        admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get().entrySet()) {
      sorted.put(e.getKey().topic() + " " + e.getKey().partition(), e.getValue().offset());
    }
    sorted.forEach((partition, offset) -> out.println(partition + " " + offset));
  }

  // PARTITION, OFFSET, TIMESTAMP (ms), KEY, VALUE, then each header's NAME and VALUE; separated by
  // tabs. Null is "~"; bytes that are no plain letters or signs are "%XX".
  private static String line(ConsumerRecord<byte[], byte[]> record) {
    StringBuilder text = new StringBuilder();
    text.append(record.partition()).append('\t');
    text.append(record.offset()).append('\t');
    text.append(record.timestamp()).append('\t');
    append(text, record.key());
    text.append('\t');
    append(text, record.value());
    for (Header header : record.headers()) {
      text.append('\t');
      append(text, header.key().getBytes(StandardCharsets.UTF_8));
      text.append('\t');
      append(text, header.value());
    }
    return text.toString();
  }

  private static void append(StringBuilder text, byte[] bytes) {
    if (bytes == null) {
      text.append('~');
      return;
    }
    final String digits = "0123456789ABCDEF";
    for (byte b : bytes) {
      if (b > ' ' && b < '~' && b != '%') {
        text.append((char) b);
      } else {
        text.append('%').append(digits.charAt((b >> 4) & 15)).append(digits.charAt(b & 15));
      }
    }
  }
}
