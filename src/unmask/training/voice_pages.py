"""Source pages whose voices never train the voice network. The lists are fixed, so that numbers stay comparable."""

DEV = frozenset(
    {
        "Aria-K-Alethia/bigcodec-demo",
        "hiftnet/hiftnet.github.io",
        "maskgct/maskgct.github.io",
        "zipvoice/zipvoice.github.io",
        "zipvoice-dialog/zipvoice-dialog.github.io",
        "PolyAI-LDN/pheme",
        "everest-ai/takinaudiollm",
        "styletts-vc/styletts-vc.github.io",
        "portaspeech/portaspeech.github.io",
        "AI-S2-Lab/FluentEditor",
        "BakerBunker/FreeV",
        "mindslab-ai/assem-vc",
        "Make-A-Voice/Make-A-Voice.github.io",
        "TranSpeech/TranSpeech.github.io",
        "jaywalnut310/vits-demo",
        "devnen/Chatterbox-TTS-Server",
        "diffwave-demo/diffwave-demo.github.io",
        "SparkAudio/Spark-TTS",
        "TOSSCodec-demo/TOSSCodec-demo.github.io",
        "grad-tts/grad-tts.github.io",
        "howard1337/S2VC",
        "jim-schwoebel/sample_voice_data",
        "pyannote/pyannote-audio",
        "tyiannak/pyAudioAnalysis",
    }
)
"""Pages that test. Methods that appear here and on no training page are unseen methods."""

CALIBRATION = frozenset(
    {
        "MobileSpeech/MobileSpeech.github.io",
        "languagecodec/languagecodec.github.io",
        "starganv2-vc/starganv2-vc.github.io",
        "y-ren16/TiCodec",
        "ming024/FastSpeech2",
        "bigpon/AudioDec_demo",
        "microsoft/P.808",
        "speechbrain/speechbrain",
    }
)
"""Pages that turn logits into probabilities and set the threshold."""
