import type { ErrorCode } from "../../contract/errors.ts";
import type { StepId } from "../../contract/plan.ts";
import type { ErrorWords } from "./strings.ts";

/** What the core says in English by code and by step id, in German: the compiler asks for every one of them. */

const NICHTS_BEGONNEN = "Nichts wurde gestartet, und nichts hat sich geändert.";
const NICHTS_GESENDET = "Keine Frage und kein Kursmaterial wurde dorthin gesendet.";
const NICHTS_GEMIETET = "Dadurch wurde nichts gemietet und nichts geändert.";
const STICK_UNBERUEHRT = "Nichts auf dem Stick wurde geändert.";
const ANGEKOMMENES = "Was auf dem Rechner angekommen ist, bleibt erhalten.";
const KURS_VORHER = "Der Kurs von vorher bleibt erhalten.";
const ANTWORTET_WEITER = "Der Kurs antwortet wie zuvor.";
const MODELL_UND_KURS = "Das Modell und der Kurs auf dem Rechner bleiben erhalten.";
const UNTERHALTUNG = "Die Unterhaltung bleibt erhalten.";
const NEU_ODER_PROTOKOLL = "Versuchen Sie es noch einmal; hilft das nicht, öffnen Sie das Protokoll.";

const entry = (title: string, kept: string, advice: string): ErrorWords => ({ title, kept, advice });

export const errors: Record<ErrorCode, ErrorWords> = {
  "stick-missing": entry("Kein Stick gefunden", NICHTS_BEGONNEN, "Stecken Sie den Stick ein, oder wählen Sie einen Ordner mit dem Modell."),
  "stick-removed": entry("Der Stick wurde herausgezogen", "Was auf dem Rechner angekommen ist, bleibt erhalten und ist geprüft.", "Stecken Sie denselben Stick wieder ein und versuchen Sie es noch einmal: Es geht dort weiter, wo es aufgehört hat."),
  "stick-unreadable": entry("Der Stick ist nicht lesbar", STICK_UNBERUEHRT, "Stecken Sie ihn neu ein, versuchen Sie einen anderen Anschluss, oder kopieren Sie das Modell auf einen anderen Stick."),
  "model-missing": entry("Kein Modell auf diesem Stick", STICK_UNBERUEHRT, "Kopieren Sie eine Modelldatei mit der Endung .gguf auf den Stick, oder wählen Sie einen anderen."),
  "model-ambiguous": entry("Mehr als ein Modell auf diesem Stick", NICHTS_BEGONNEN, "Wählen Sie das Modell für diese Sitzung."),
  "model-not-gguf": entry("Diese Datei ist kein Modell", STICK_UNBERUEHRT, "Wählen Sie eine Datei im GGUF-Format; andere können nicht geladen werden."),
  "model-truncated": entry("Die Modelldatei ist abgeschnitten", STICK_UNBERUEHRT, "Kopieren Sie das Modell noch einmal auf den Stick, und ziehen Sie ihn erst heraus, wenn der Computer sagt, dass es sicher ist."),
  "model-changed": entry("Die Modelldatei hat sich beim Lesen geändert", "Nichts halb Gesendetes wird benutzt.", "Lassen Sie den Stick in Ruhe, solange er gelesen wird, und versuchen Sie es noch einmal."),
  "model-unsupported": entry("Diese Art von Modell kann nicht laufen", NICHTS_BEGONNEN, "Wählen Sie ein Chatmodell, das diese Version kennt, etwa Mistral, Llama oder Qwen."),
  "model-split-incomplete": entry("Ein Teil des Modells fehlt", STICK_UNBERUEHRT, "Kopieren Sie alle Teile des Modells (…-00001-of-0000N.gguf) in denselben Ordner."),

  "host-address-invalid": entry("Diese Adresse ist nicht brauchbar", NICHTS_BEGONNEN, "Schreiben Sie sie als name@rechner oder name@rechner:port."),
  "host-not-found": entry("Kein Rechner mit diesem Namen", NICHTS_BEGONNEN, "Prüfen Sie die Adresse auf Tippfehler, und ob dieser Computer im Netz ist."),
  "host-refused": entry("Der Rechner nimmt die Verbindung nicht an", NICHTS_BEGONNEN, "Prüfen Sie die Portnummer, und ob der Rechner fertig gestartet ist."),
  "host-silent": entry("Der Rechner antwortet nicht", NICHTS_BEGONNEN, "Prüfen Sie die Adresse, und ob Ihr Netz SSH hinauslässt; dann versuchen Sie es noch einmal."),
  "host-key-changed": entry("Das ist nicht der Rechner von vorher", "Nichts wurde dorthin gesendet.", "Wurde der Rechner neu aufgesetzt, bestätigen Sie seine neue Identität; haben Sie das nicht erwartet, machen Sie nicht weiter und fragen Sie, wer ihn betreibt."),
  "host-proxied": entry("Über diese SSH-Adresse kann nichts gesendet werden", NICHTS_BEGONNEN, "Benutzen Sie die direkte Adresse des Rechners (IP und Port) statt der weitergeleiteten."),
  "host-lost": entry("Die Verbindung zum Rechner ist abgerissen", ANGEKOMMENES, "Prüfen Sie das Netz dieses Computers und versuchen Sie es noch einmal: Es geht dort weiter, wo es aufgehört hat."),
  "host-unsuitable": entry("Auf diesem Rechner kann der Mentor nicht laufen", NICHTS_BEGONNEN, "Benutzen Sie ein 64-Bit-Linux mit glibc 2.34 oder neuer."),
  "key-missing": entry("Die Schlüsseldatei ist nicht da", NICHTS_BEGONNEN, "Wählen Sie die Datei mit dem privaten Schlüssel für diesen Rechner."),
  "key-invalid": entry("Diese Datei ist kein privater Schlüssel", NICHTS_BEGONNEN, "Wählen Sie den privaten Schlüssel, nicht die .pub-Datei oder ein anderes Dokument."),
  "key-rejected": entry("Der Rechner nimmt diesen Schlüssel nicht an", NICHTS_BEGONNEN, "Wählen Sie den Schlüssel, der zu diesem Rechner gehört, oder hinterlegen Sie dort den öffentlichen."),
  "key-encrypted": entry("Dieser Schlüssel ist durch eine Passphrase geschützt", NICHTS_BEGONNEN, "Geben Sie die Passphrase ein; sie wird jetzt benutzt und nie gespeichert."),
  "key-passphrase-wrong": entry("Die Passphrase öffnet diesen Schlüssel nicht", NICHTS_BEGONNEN, "Geben Sie die Passphrase noch einmal ein."),
  "key-putty": entry("Dieser Schlüssel hat das Format von PuTTY", NICHTS_BEGONNEN, "Exportieren Sie ihn in PuTTYgen mit Conversions → Export OpenSSH key, und wählen Sie dann diese Datei."),

  "disk-full": entry("Nicht genug Platz auf der Platte", "Was angekommen ist, bleibt erhalten.", "Schaffen Sie Platz, oder wählen Sie eine größere Platte; dann versuchen Sie es noch einmal."),
  "memory-too-small": entry("Das Modell passt nicht in den Speicher", NICHTS_BEGONNEN, "Wählen Sie ein kleineres Modell oder einen Rechner mit mehr Speicher."),
  "port-in-use": entry("Auf dem Rechner ist ein anderes Programm im Weg", "Das andere Programm wurde in Ruhe gelassen.", "Versuchen Sie es noch einmal: Auf diesem Computer wird dann ein anderer Port genommen. Auf einem anderen Rechner beenden Sie zuerst das oben genannte Programm, oder starten Sie ihn neu."),

  "kit-unavailable": entry("Ein nötiger Teil ließ sich nicht holen", "Was schon geholt ist, bleibt erhalten.", "Verbinden Sie diesen Computer mit dem Internet und versuchen Sie es noch einmal."),
  "kit-corrupt": entry("Ein geholter Teil ist nicht, was er sein soll", "Die falsche Datei wurde beiseitegelegt und wird nicht benutzt.", "Versuchen Sie es noch einmal, dann wird er neu geholt."),
  "python-missing": entry("Der Rechner hat kein brauchbares Python", NICHTS_BEGONNEN, "Installieren Sie dort Python 3.10 oder neuer; dann versuchen Sie es noch einmal."),

  "upload-corrupt": entry("Was ankam, ist nicht, was gesendet wurde", "Nur geprüfte Teile bleiben.", "Versuchen Sie es noch einmal: Die beschädigten Teile werden neu gesendet. Geschieht es wieder, prüfen Sie den Stick."),
  "upload-failed": entry("Das Senden ist stehen geblieben", "Was auf dem Rechner angekommen ist, bleibt erhalten und ist geprüft.", "Versuchen Sie es noch einmal: Es geht dort weiter, wo es aufgehört hat."),

  "agent-failed": entry("Der Helfer auf dem Rechner ist nicht gestartet", MODELL_UND_KURS, NEU_ODER_PROTOKOLL),
  "service-failed": entry("Ein Dienst auf dem Rechner ist nicht gestartet", MODELL_UND_KURS, NEU_ODER_PROTOKOLL),
  "gpu-unusable": entry("Die Grafikkarte ist nicht benutzbar", "Nichts wurde geladen, damit es nicht unbemerkt langsam läuft.", "Wählen Sie einen Rechner mit NVIDIA-Treiber 570 oder neuer."),
  "self-check-failed": entry("Der Mentor hat seine eigene Prüfung nicht bestanden", MODELL_UND_KURS, NEU_ODER_PROTOKOLL),
  "tunnel-failed": entry("Der Weg zum Mentor ließ sich nicht öffnen", "Die Sitzung auf dem Rechner läuft weiter.", "Versuchen Sie es noch einmal."),

  "endpoint-address-invalid": entry("Die Adresse dieses Dienstes ist nicht brauchbar", NICHTS_BEGONNEN, "Schreiben Sie sie als https://rechner/v1; http:// nur für diesen Computer und private Netze."),
  "endpoint-unreachable": entry("Der Dienst ist nicht erreichbar", NICHTS_GESENDET, "Prüfen Sie seine Adresse, und ob er läuft; der Rechner der Sitzung muss ihn erreichen, nicht nur dieser Computer."),
  "endpoint-untrusted": entry("Dem Zertifikat des Dienstes wird nicht vertraut", "Kein Schlüssel und keine Frage wurde dorthin gesendet.", "Prüfen Sie die Adresse. Hat der Dienst eine eigene Zertifizierungsstelle, installieren Sie sie auf dem Rechner."),
  "endpoint-key-rejected": entry("Der Dienst nimmt den Schlüssel nicht an", NICHTS_GESENDET, "Geben Sie den richtigen Schlüssel ein (im Terminal: ai-mentor secret set llm, oder embedding); dann versuchen Sie es noch einmal."),
  "endpoint-model-missing": entry("Der Dienst hat dieses Modell nicht", NICHTS_GESENDET, "Wählen Sie eines von denen, die er hat, mit genauem Namen."),
  "endpoint-not-openai": entry("Das ist kein OpenAI-kompatibler Dienst", NICHTS_GESENDET, "Prüfen Sie die Adresse: Sie endet meist auf /v1."),
  "endpoint-no-chat": entry("Der Dienst chattet nicht", NICHTS_GESENDET, "Wählen Sie ein Modell, das zum Chatten gemacht ist, oder einen anderen Dienst."),
  "endpoint-no-streaming": entry("Der Dienst sendet seine Antworten nicht fortlaufend", NICHTS_GESENDET, "Schalten Sie das dort ein, wo der Dienst eingerichtet ist, oder wählen Sie einen anderen."),
  "endpoint-no-embeddings": entry("Der Dienst bereitet keinen Text zum Suchen auf", NICHTS_GESENDET, "Wählen Sie ein Embedding-Modell, oder lassen Sie diesen Dienst weg: Dann sucht das Modell der App."),
  "endpoint-busy": entry("Der Dienst nimmt gerade keine Anfragen an", NICHTS_GESENDET, "Warten Sie einen Moment, oder sehen Sie nach, ob sein Kontingent verbraucht ist; dann versuchen Sie es noch einmal."),

  "course-missing": entry("Der Kursordner ist nicht da", KURS_VORHER, "Wählen Sie den Ordner mit Ihrem Kursmaterial."),
  "course-empty": entry("Kein Kursmaterial in diesem Ordner", KURS_VORHER, "Legen Sie PDF-, Word-, PowerPoint-, HTML-, Markdown- oder Textdateien hinein."),
  "course-unreadable": entry("Keine der Kursdateien war lesbar", KURS_VORHER, "Öffnen Sie die Dateien auf diesem Computer und sehen Sie nach, ob sie beschädigt sind; dann versuchen Sie es noch einmal."),
  "course-other-model": entry("Der Kurs wurde mit einem anderen Suchmodell aufbereitet", KURS_VORHER, "Starten Sie mit demselben Suchmodell wie zuvor, oder lesen Sie den Kurs in einen neuen Speicher ein."),
  "ingest-failed": entry("Der Kurs ließ sich nicht hereinholen", "Die fertigen Dokumente bleiben erhalten.", "Versuchen Sie es noch einmal: Fertige Dokumente werden nicht neu gelesen. Geschieht es wieder, öffnen Sie das Protokoll."),
  "question-empty": entry("Die Frage ist leer", UNTERHALTUNG, "Schreiben Sie eine Frage mit 1 bis 2.000 Zeichen."),
  "question-too-long": entry("Die Frage ist zu lang", UNTERHALTUNG, "Kürzen Sie sie auf höchstens 2.000 Zeichen."),
  "answer-failed": entry("Die Antwort wurde nicht fertig", UNTERHALTUNG, "Fragen Sie noch einmal; hilft das nicht, öffnen Sie das Protokoll."),
  "search-failed": entry("Ihr Material ließ sich nicht durchsuchen", "Der Kurs bleibt erhalten.", "Fragen Sie noch einmal; hilft das nicht, öffnen Sie das Protokoll."),

  "backup-missing": entry("Diese Sicherung gibt es nicht", ANTWORTET_WEITER, "Wählen Sie eine aus der Liste, oder suchen Sie sie in einem anderen Ordner."),
  "backup-unrecognised": entry("Das ist keine Sicherung", ANTWORTET_WEITER, "Wählen Sie einen Ordner, der auf .backup endet, oder ein Archiv mit dem Namen milvus-backup-….tar.gz."),
  "backup-damaged": entry("Diese Sicherung ist beschädigt", ANTWORTET_WEITER, "Wählen Sie eine andere; dieser ist nicht mehr zu trauen."),
  "backup-newer": entry("Diese Sicherung stammt von einer neueren Version", ANTWORTET_WEITER, "Aktualisieren Sie diese App und versuchen Sie es noch einmal."),
  "backup-other-version": entry("Diese Kopie gehört zu einer anderen Version von Milvus", ANTWORTET_WEITER, "Holen Sie sie mit der genannten Version zurück, oder wählen Sie eine Sicherung der Zeilen; die passt zu jeder Version."),
  "backup-other-model": entry("Diese Sicherung entstand mit einem anderen Suchmodell", ANTWORTET_WEITER, "Starten Sie mit demselben Suchmodell, oder lassen Sie den Text der Sicherung für dieses neu aufbereiten."),
  "backup-encrypted": entry("Diese Sicherung ist verschlüsselt", ANTWORTET_WEITER, "Geben Sie die Passphrase ein, mit der sie gemacht wurde; ohne sie kann sie niemand lesen."),
  "backup-passphrase-wrong": entry("Die Passphrase öffnet diese Sicherung nicht", ANTWORTET_WEITER, "Geben Sie die Passphrase noch einmal ein."),
  "backup-failed": entry("Die Sicherung kam nicht zustande", "Der Kurs auf dem Rechner bleibt erhalten, ebenso die früheren Sicherungen.", "Versuchen Sie es noch einmal, oder beenden Sie ohne diese Sicherung."),
  "backup-changed": entry("Der Kurs hat sich beim Sichern geändert", "Der Kurs auf dem Rechner bleibt erhalten, ebenso die früheren Sicherungen.", "Warten Sie, bis nichts mehr in den Kursspeicher schreibt; dann versuchen Sie es noch einmal."),
  "backup-running": entry("Es wird schon gesichert oder zurückgeholt", "Was im Gange ist, wurde in Ruhe gelassen.", "Warten Sie, bis es fertig ist; dann versuchen Sie es noch einmal."),
  "restore-failed": entry("Die Sicherung ließ sich nicht zurückholen", ANTWORTET_WEITER, NEU_ODER_PROTOKOLL),
  "restore-nothing-before": entry("Es gibt nichts, wohin man zurück könnte", ANTWORTET_WEITER, "Nur der Kurs, wie er vor dem letzten Zurückholen war, wird aufbewahrt."),

  "rehearsal-unavailable": entry("Hier kann nicht geprobt werden", "Es wurde nichts gestartet; die Übung auf diesem Computer geht trotzdem.", "Installieren Sie unter Linux den Server von OpenSSH: apt-get install openssh-server. Laufen muss er nicht."),
  "store-lacking": entry("Dieses Milvus kann den Kurs nicht aufbewahren", "Es wurde kein Kursmaterial dorthin gesendet.", "Nehmen Sie ein Milvus ab Version 2.3 mit einem Schlüssel, der Sammlungen anlegen darf; oder lassen Sie die Adresse weg."),
  "store-locked": entry("Eine andere Maschine hat diesen Kursspeicher geöffnet", "Der Kurs ist noch da, und die andere Maschine wurde in Ruhe gelassen.", "Beenden Sie die Sitzung auf der anderen Maschine. Gibt es die nicht mehr, warten Sie eine Minute und versuchen Sie es noch einmal."),

  "provider-key-missing": entry("Kein Runpod-Schlüssel ist verwahrt", NICHTS_GEMIETET, "Geben Sie einen API-Schlüssel Ihres Runpod-Kontos ein (im Terminal: ai-mentor secret set runpod)."),
  "provider-key-rejected": entry("Runpod nimmt den Schlüssel nicht an", NICHTS_GEMIETET, "Machen Sie in den Einstellungen Ihres Runpod-Kontos einen neuen API-Schlüssel und geben Sie ihn hier ein."),
  "provider-unreachable": entry("Runpod ist nicht erreichbar", "Was vorher gemietet war, ist unverändert und wird an seinem Namen wiedergefunden.", "Prüfen Sie das Netz dieses Computers und versuchen Sie es noch einmal."),
  "provider-busy": entry("Runpod bittet zu warten", "Was vorher gemietet war, ist unverändert.", "Warten Sie eine Minute und versuchen Sie es noch einmal."),
  "provider-refused": entry("Runpod nimmt die Anfrage nicht an", NICHTS_GEMIETET, "Ändern Sie, was verlangt wird; hilft das nicht, speichern Sie das Paket für Hilfe im Protokoll und melden Sie es."),
  "balance-empty": entry("Das Runpod-Konto ist leer", NICHTS_GEMIETET, "Laden Sie Ihr Runpod-Konto auf und versuchen Sie es noch einmal."),
  "no-capacity": entry("Kein Rechner ist frei", NICHTS_GEMIETET, "Versuchen Sie es in ein paar Minuten, oder erlauben Sie andere Grafikkarten oder einen höheren Preis."),
  "no-gpu-fits": entry("Keine Grafikkarte genügt", NICHTS_GEMIETET, "Erlauben Sie einen höheren Preis oder andere Grafikkarten, oder wählen Sie ein kleineres Modell."),
  "pod-not-up": entry("Der gemietete Rechner kommt nicht hoch", "Er bleibt für einen neuen Versuch; er kostet Geld, solange er läuft.", "Versuchen Sie es noch einmal, oder geben Sie auf: Dann wird er zurückgegeben."),
  "pod-gone": entry("Der gemietete Rechner ist weg", "Was auf einer Netzwerkplatte liegt, bleibt erhalten.", "Beenden Sie die Sitzung und starten Sie neu: Ein anderer Rechner wird gemietet."),
  "pod-in-use": entry("Der gemietete Rechner wird vielleicht anderswo benutzt", "Der Rechner wurde in Ruhe gelassen.", "Halten Sie ihn zuerst an, in der Liste in diesem Fenster oder mit `ai-mentor pods stop`; seine Platte bleibt. Starten Sie dann wieder mit ihm, oder ohne ihn."),
  "pod-stopped-itself": entry("Der gemietete Rechner hat sich selbst angehalten", "Seine Platte bleibt. Mehr als sie kostet er nicht.", "Beenden Sie die Sitzung, um den Beleg zu bekommen; starten Sie neu, wenn Sie ihn brauchen."),
  "ssh-blocked": entry("Dieses Netz lässt kein SSH hinaus", "Der gemietete Rechner ist bereit; er kostet Geld, solange er läuft.", "Benutzen Sie ein anderes Netz (der Hotspot eines Telefons genügt) und versuchen Sie es noch einmal, oder geben Sie auf: Dann wird er zurückgegeben."),
  "guard-unproven": entry("Der Rechner hält vielleicht nicht von selbst an", "Noch wurde nichts gesendet. Der Rechner kostet Geld, solange er läuft.", "Machen Sie weiter, wenn Sie ihn selbst beenden; solange dieser Computer an ist, hält er ihn rechtzeitig an. Oder geben Sie auf: Dann wird er zurückgegeben."),

  "session-running": entry("Es läuft schon eine Sitzung", "Die laufende Sitzung wurde in Ruhe gelassen.", "Benutzen Sie sie, oder beenden Sie sie, bevor Sie eine andere starten."),
  "session-sealed": entry("Diese Sitzung gehört der Desktop-App", "Die Sitzung auf dem Rechner läuft weiter.", "Öffnen Sie die Desktop-App, um sie zu benutzen oder zu beenden."),
  "secret-sealed": entry("Dieser Schlüssel ist von der Desktop-App versiegelt", NICHTS_BEGONNEN, "Starten Sie die Sitzung in der Desktop-App, oder verwahren Sie den Schlüssel in diesem Terminal neu, mit ai-mentor secret set."),
  "session-missing": entry("Es läuft keine Sitzung", "Nichts wurde geändert.", "Starten Sie zuerst eine Sitzung."),
  "step-timeout": entry("Ein Schritt hat zu lange gedauert", "Was bis jetzt getan ist, bleibt erhalten.", "Versuchen Sie es noch einmal, oder beenden Sie, um es rückgängig zu machen."),
  "stop-incomplete": entry("Die Sitzung ließ sich nicht sauber beenden", "Der Kurs und das Modell auf dem Rechner bleiben erhalten.", "Beenden Sie noch einmal. Gibt es den Rechner nicht mehr, wählen Sie Vergessen."),
  cancelled: entry("Abgebrochen", "Was auf dem Rechner angekommen ist, bleibt für den nächsten Start.", "Starten Sie, wenn Sie so weit sind."),

  "input-invalid": entry("So geht das nicht", NICHTS_BEGONNEN, "Prüfen Sie die Eingabe und versuchen Sie es noch einmal."),
  "core-unreachable": entry("Der Hintergrunddienst der App antwortet nicht", "Eine laufende Sitzung geht weiter.", "Starten Sie die App neu."),
  internal: entry("Etwas Unerwartetes ist geschehen", "Die Daten auf dem Stick und auf dem Rechner bleiben erhalten.", "Versuchen Sie es noch einmal; geschieht es wieder, speichern Sie das Paket für Hilfe im Protokoll und melden Sie es."),
};

export const steps: Record<StepId, string> = {
  "find-model": "Stick lesen",
  "rent-pod": "Rechner mieten",
  connect: "Rechner erreichen",
  "inspect-host": "Rechner ansehen",
  fit: "Prüfen, ob das Modell passt",
  "install-kit": "Werkzeug bringen",
  "check-endpoint": "Dienst prüfen",
  "arm-watchdog": "Sicherheitsuhr stellen",
  "install-servers": "Server bringen",
  "upload-model": "Modell senden",
  "start-milvus": "Kursspeicher starten",
  "check-milvus": "Kursspeicher prüfen",
  "start-search": "Suchmodell laden",
  "start-api": "Mentor starten",
  "start-llm": "Modell laden",
  "open-tunnels": "Weg zum Mentor öffnen",
  "restore-course": "Kurs bringen",
  "keep-course": "Kurs sichern",
  "self-check": "Eine Probefrage stellen",
};

/** Every fault of a rehearsal; the window's words ask for all that the contract has. */
export const faults = {
  "no-capacity": "Die zwei günstigsten Arten von Grafikkarten sind vergeben: Die nächste wird versucht.",
  "answer-lost": "Der Rechner entsteht, und die Antwort auf die Bestellung geht verloren: Er wird an seinem Namen wiedergefunden, und es wird kein zweiter gemietet.",
  busy: "Runpod bittet zu warten: Es wird wieder gefragt, sobald es das erlaubt.",
  unreachable: "Runpod antwortet eine Weile nicht: Es wird gefragt, bis es antwortet.",
  "port-late": "Der Rechner läuft, aber sein SSH-Port öffnet sich spät: Worauf gewartet wird, steht da.",
  "ssh-blocked": "Dieses Netz lässt kein SSH hinaus: Das wird von einem Rechner unterschieden, der noch nicht da ist, und in einem anderen Netz geht die Sitzung weiter.",
  "host-key-changed": "Jemand steht zwischen diesem Computer und dem Rechner: Nichts wird gesendet, der Rechner wird zurückgegeben, und ein anderer wird gemietet.",
  "laptop-gone": "Der Laptop ist weg: Der Rechner hält sich nach einer Minute selbst an, und der Laptop merkt das, wenn er wiederkommt.",
};
