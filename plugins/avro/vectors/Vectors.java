import org.apache.avro.*;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;

public class Vectors {
  static String hex(byte[] b) { StringBuilder s = new StringBuilder(); for (byte x : b) s.append(String.format("%02x", x)); return s.toString(); }
  static byte[] binary(Schema s, Object v) throws Exception {
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    BinaryEncoder e = EncoderFactory.get().binaryEncoder(o, null);
    new GenericDatumWriter<Object>(s).write(v, e); e.flush(); return o.toByteArray();
  }
  static byte[] blocks(Schema s, Object v) throws Exception {
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    BinaryEncoder e = new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(o, null);
    new GenericDatumWriter<Object>(s).write(v, e); e.flush(); return o.toByteArray();
  }
  static String json(Schema s, Object v) throws Exception {
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    JsonEncoder e = EncoderFactory.get().jsonEncoder(s, o);
    new GenericDatumWriter<Object>(s).write(v, e); e.flush(); return o.toString("UTF-8");
  }
  static void one(PrintStream out, String w, String r, String value) throws Exception {
    Schema ws = new Schema.Parser().parse(w);
    Schema rs = r == null ? ws : new Schema.Parser().parse(r);
    Object v = new GenericDatumReader<Object>(ws).read(null, DecoderFactory.get().jsonDecoder(ws, value));
    byte[] b = binary(ws, v);
    String result, again;
    try {
      Object x = new GenericDatumReader<Object>(ws, rs).read(null, DecoderFactory.get().binaryDecoder(b, null));
      result = json(rs, x); again = hex(binary(rs, x));
    } catch (AvroRuntimeException e) { result = "error"; again = "error"; }
    out.println(ws + "\t" + (r == null ? "" : rs) + "\t" + hex(b) + "\t" + hex(blocks(ws, v)) + "\t" + result + "\t" + again);
  }
  public static void main(String[] a) throws Exception {
    PrintStream out = new PrintStream(new FileOutputStream(a[1]), false, "UTF-8");
    BufferedReader in = new BufferedReader(new InputStreamReader(new FileInputStream(a[0]), StandardCharsets.UTF_8));
    String line;
    while ((line = in.readLine()) != null) {
      if (line.isEmpty() || line.startsWith("#")) { out.println(line); continue; }
      String[] p = line.split("\t");
      try { one(out, p[0], p[1].equals("-") ? null : p[1], p[2]); }
      catch (Exception e) { System.err.println(line + "\n  " + e); }
    }
    out.close();
  }
}
