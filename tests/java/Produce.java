import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Properties;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends records from standard input with Kafka's own Java client and its default partitioner
 * (murmur2 of the key), so that tests can compare where another client puts the same key.
 *
 * <p>A line is {@code topic TAB key TAB value}, and {@code TAB partition} where the partitioner is
 * not to choose; key and value are hex, or {@code -} for null, or empty for no bytes. For each line, in order, standard output has {@code partition TAB offset},
 * with {@code TAB aborted} behind it where its transaction was aborted.
 */
public final class Produce {
    private static final int MAX_REQUEST_BYTES = 12 * 1024 * 1024;
    private static final int MAX_PENDING = 10_000;

    private final Options options;
    private final KafkaProducer<byte[], byte[]> producer;
    private final PrintWriter out;
    private final Queue<Future<RecordMetadata>> pending = new ArrayDeque<>();

    private Produce(Options options, PrintWriter out) {
        this.options = options;
        this.producer = new KafkaProducer<>(options.properties);
        this.out = out;
    }

    /** Reads standard input to its end; leaves with 1 where a line or a send fails. */
    public static void main(String[] arguments) throws Exception {
        var out = new PrintWriter(new BufferedWriter(
            new OutputStreamWriter(System.out, StandardCharsets.UTF_8)));
        try {
            run(Options.parse(arguments), out);
        } catch (IllegalArgumentException | ExecutionException | KafkaException e) {
            out.flush();
            System.err.println("produce: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void run(Options options, PrintWriter out) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var produce = new Produce(options, out);
        try (produce.producer) {
            if (options.transactional) {
                produce.sendInTransactions(in);
            } else {
                produce.sendAll(in);
            }
        }
    }

    private void sendAll(BufferedReader in)
            throws IOException, ExecutionException, InterruptedException {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            send(line);
            // Whoever types, or waits for each answer, sees it at once.
            if (!in.ready() || pending.size() >= MAX_PENDING) {
                report("");
            }
        }
        report("");
    }

    private void sendInTransactions(BufferedReader in)
            throws IOException, ExecutionException, InterruptedException {
        producer.initTransactions();
        int transactions = 0;
        String line = in.readLine();
        while (line != null) {
            producer.beginTransaction();
            for (int n = 0; n < options.transactionRecords && line != null; n++) {
                send(line);
                line = in.readLine();
            }
            transactions++;
            end(options.abortEvery > 0 && transactions % options.abortEvery == 0);
        }
    }

    private void end(boolean abort) throws ExecutionException, InterruptedException {
        // An aborted record must have reached the broker, or there is nothing to skip.
        producer.flush();
        if (abort) {
            producer.abortTransaction();
            report("\taborted");
        } else {
            producer.commitTransaction();
            report("");
        }
    }

    private void send(String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length != 3 && fields.length != 4) {
            throw new IllegalArgumentException("not `topic TAB key TAB value`: " + line);
        }
        Integer partition = fields.length == 4 ? Integer.valueOf(fields[3]) : null;
        pending.add(producer.send(
            new ProducerRecord<>(fields[0], partition, bytes(fields[1]), bytes(fields[2]))));
    }

    private static byte[] bytes(String field) {
        return field.equals("-") ? null : HexFormat.of().parseHex(field);
    }

    private void report(String suffix) throws ExecutionException, InterruptedException {
        producer.flush();
        while (!pending.isEmpty()) {
            RecordMetadata sent = pending.remove().get();
            out.print(sent.partition() + "\t" + sent.offset() + suffix + "\n");
        }
        out.flush();
    }

    /** What the command line says. */
    private static final class Options {
        final Properties properties = defaults();
        boolean transactional;
        int transactionRecords = 100;
        int abortEvery;

        static Options parse(String[] arguments) {
            var options = new Options();
            for (int i = 0; i < arguments.length; i++) {
                switch (arguments[i]) {
                    case "--bootstrap" -> options.set(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, value(arguments, ++i));
                    case "--config" -> options.setPair(value(arguments, ++i));
                    case "--transactional" -> options.transactional = true;
                    case "--transaction-records" ->
                        options.transactionRecords = count(arguments, ++i);
                    case "--abort-every" -> options.abortEvery = count(arguments, ++i);
                    default -> throw usage("unknown option " + arguments[i]);
                }
            }
            if (options.transactional) {
                options.properties.putIfAbsent(
                    ProducerConfig.TRANSACTIONAL_ID_CONFIG, UUID.randomUUID().toString());
            } else if (options.abortEvery > 0) {
                throw usage("--abort-every needs --transactional");
            }
            return options;
        }

        private static Properties defaults() {
            var properties = new Properties();
            properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
            properties.put(ProducerConfig.ACKS_CONFIG, "all");
            return properties;
        }

        private void set(String name, String value) {
            properties.put(name, value);
        }

        private void setPair(String pair) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw usage("--config wants K=V, not " + pair);
            }
            set(pair.substring(0, equals), pair.substring(equals + 1));
        }

        private static String value(String[] arguments, int at) {
            if (at >= arguments.length) {
                throw usage(arguments[at - 1] + " needs a value");
            }
            return arguments[at];
        }

        private static int count(String[] arguments, int at) {
            int count = Integer.parseInt(value(arguments, at));
            if (count < 1) {
                throw usage(arguments[at - 1] + " must be at least 1");
            }
            return count;
        }

        private static IllegalArgumentException usage(String message) {
            return new IllegalArgumentException(message);
        }
    }
}
