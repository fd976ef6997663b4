"""The networks that are timed, as texts, with the shapes H, W, C of what goes in and comes out."""
import dataclasses


@dataclasses.dataclass
class Net:
    title: str
    takes: tuple
    makes: tuple
    text: str


UP = """
default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=kaiming_normal:2
input 100
"""

# The generator for 128 pixels has 6 blocks, that for 256 has 9 (Zhu et al. 2017).
CYCLE = """
default conv2d init=kaiming_normal:1.4; default conv_transpose2d init=kaiming_normal:2
input %d %d 3
conv2d 64 kernel=7 pad=reflect:3; instancenorm; relu
conv2d 128 stride=2 pad=1; instancenorm; relu
conv2d 256 stride=2 pad=1; instancenorm; relu
repeat %d { residual {
    conv2d 256 pad=reflect:1; instancenorm; relu
    conv2d 256 pad=reflect:1; instancenorm
} }
conv_transpose2d 128 stride=2 pad=1 output_pad=1; instancenorm; relu
conv_transpose2d 64 stride=2 pad=1 output_pad=1; instancenorm; relu
conv2d 3 kernel=7 pad=reflect:3; tanh
"""

NETS = {
    "dcgan28": Net("DCGAN-28", (1, 1, 100), (28, 28, 1), UP + """
conv_transpose2d 128 kernel=7 stride=1 pad=0; batchnorm; relu
conv_transpose2d 64; batchnorm; relu
conv_transpose2d 1; tanh
"""),
    "dcgan64": Net("DCGAN-64", (1, 1, 100), (64, 64, 3), UP + """
conv_transpose2d 512 stride=1 pad=0; batchnorm; relu
conv_transpose2d 256; batchnorm; relu
conv_transpose2d 128; batchnorm; relu
conv_transpose2d 64; batchnorm; relu
conv_transpose2d 3; tanh
"""),
    "cyclegan128": Net("CycleGAN-128", (128, 128, 3), (128, 128, 3), CYCLE % (128, 128, 6)),
    "cyclegan256": Net("CycleGAN-256", (256, 256, 3), (256, 256, 3), CYCLE % (256, 256, 9)),
    # pix2pix (Isola et al. 2017): every level on the way down is put beside its like on the way up.
    "unet128": Net("U-Net-128", (128, 128, 3), (128, 128, 3), """
default conv2d kernel=4 stride=2 pad=1 bias=no init=kaiming_normal:1.4
default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=kaiming_normal:1.4
input 128 128 3
down64 = conv2d 64
leaky_relu 0.2; conv2d 128; down32 = batchnorm
leaky_relu 0.2; conv2d 256; down16 = batchnorm
leaky_relu 0.2; conv2d 512; down8 = batchnorm
leaky_relu 0.2; conv2d 512; down4 = batchnorm
leaky_relu 0.2; conv2d 512; down2 = batchnorm
leaky_relu 0.2; conv2d 512
relu; conv_transpose2d 512; batchnorm; concat from down2 .
relu; conv_transpose2d 512; batchnorm; concat from down4 .
relu; conv_transpose2d 512; batchnorm; concat from down8 .
relu; conv_transpose2d 256; batchnorm; concat from down16 .
relu; conv_transpose2d 128; batchnorm; concat from down32 .
relu; conv_transpose2d 64; batchnorm; concat from down64 .
relu; conv_transpose2d 3 bias=yes; tanh
"""),
    # The discriminator of CycleGAN: each of its scores sees 70x70 pixels.
    "patchgan256": Net("PatchGAN-256", (256, 256, 3), (30, 30, 1), """
default conv2d kernel=4 stride=2 pad=1 init=kaiming_normal:1.4
input 256 256 3
conv2d 64; leaky_relu 0.2
conv2d 128; instancenorm; leaky_relu 0.2
conv2d 256; instancenorm; leaky_relu 0.2
conv2d 512 stride=1; instancenorm; leaky_relu 0.2
conv2d 1 stride=1
"""),
    # The generator of spectrally normalised GANs for 64 pixels (Miyato et al. 2018), BigGAN's without a class.
    "residual64": Net("residual-64", (1, 1, 128), (64, 64, 3), """
default conv2d pad=1 init=kaiming_normal:1; default dense init=kaiming_normal:1
input 128
dense 4*4*1024; reshape 4 4 1024
""" + "".join("""
residual {
    batchnorm; relu; upsample 2; conv2d %d; batchnorm; relu; conv2d %d
} { upsample 2; conv2d %d kernel=1 pad=0 }
""" % (channels, channels, channels) for channels in (512, 256, 128, 64)) + """
batchnorm; relu; conv2d 3; tanh
"""),
}
